"""Wait in a listener's `serve`, which starts a task for each client: as in `threads`.

Good for: what `socketserver.ThreadingTCPServer` is good for, with no thread.
Costs: what async_models/anyio/threads.py costs.
Trap: `serve` without a task group of one's own ends every client at the first exception in a handler.

An idiomatic counterpart of models/socketserver_threading.py, and the same as async_models/anyio/threads.py: a listener's
`serve` starts a task for each client, whichever name it goes by. On asyncio: a TaskGroup and streams. On trio:
`serve_listeners`.
"""

from async_models.anyio.threads import serve
from async_models.ground.anyio import run

if __name__ == "__main__":
    run(serve)
