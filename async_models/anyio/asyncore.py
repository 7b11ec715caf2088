"""Wait in a task for each client: what asyncore's dispatcher is called back for, a task awaits.

Good for: every server that was once written on asyncore or asynchat.
Costs: what async_models/anyio/threads.py costs.
Trap: `handle_read`, `handle_write` and `handle_close` become one function from top to bottom; state kept in attributes between
the callbacks becomes local variables, and most of it goes.

An idiomatic counterpart of models/asyncore.py, and the same as async_models/anyio/threads.py: anyio has no callbacks. On
asyncio: a Protocol. On trio: `serve_listeners`.
"""

from async_models.anyio.threads import serve
from async_models.ground.anyio import run

if __name__ == "__main__":
    run(serve)
