"""Wait in the library's own kind of server, with a task for each client: as in `threads`.

Good for: what `socketserver.ThreadingTCPServer` is good for, with no thread.
Costs: what async_models/asyncio/threads.py costs.
Trap: since 3.12 `Server.wait_closed` waits for the clients too: a stop that awaits it first hangs as long as one of them stays.

An idiomatic counterpart of models/socketserver_threading.py, and the same as async_models/asyncio/threads.py: a server on
asyncio starts a task for each client, whichever name it goes by. On trio: `serve_listeners`. On anyio: `listener.serve`.
"""

from async_models.asyncio.threads import serve
from async_models.ground.asyncio import run

if __name__ == "__main__":
    run(serve)
