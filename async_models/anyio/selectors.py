"""Wait in a task for each client: what selectors calls back, a task simply goes on with; as in `threads`.

Good for: the same code as with a callback for each socket, in the order in which it happens.
Costs: what async_models/anyio/threads.py costs.
Trap: anyio has no socket beneath its streams that could be read and written with less: below them there is only readiness.

An idiomatic counterpart of models/selectors.py, and the same as async_models/anyio/threads.py: there are no callbacks to
register. On asyncio: a Protocol. On trio: a task for each client, on plain sockets.
"""

from async_models.anyio.threads import serve
from async_models.ground.anyio import run

if __name__ == "__main__":
    run(serve)
