"""Wait in trio's own server with a task for each client: `serve_listeners`, as in `threads`.

Good for: what `socketserver.ThreadingTCPServer` is good for, with no thread.
Costs: what async_models/trio/threads.py costs.
Trap: `serve_tcp` alone, without a nursery of one's own, ends every client at the first exception in a handler.

An idiomatic counterpart of models/socketserver_threading.py, and the same as async_models/trio/threads.py: trio's server starts
a task for each client, whichever name it goes by. On asyncio: `create_task`. On anyio: `listener.serve`.
"""

from async_models.ground.trio import run
from async_models.trio.threads import serve

if __name__ == "__main__":
    run(serve)
