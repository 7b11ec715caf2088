"""Wait for completion: `receive` returns with the data, `send` when all has been taken; readiness never shows.

Good for: what io_uring is good for to its caller: one says what is to be done, and goes on when it has been done.
Costs: beneath it the backend waits for readiness all the same (epoll), so not one system call is saved.
Trap: a completion that is cancelled may have happened in part: a cancelled `send` does not tell how much has gone.

An idiomatic counterpart of models/io_uring.py, and the same as async_models/anyio/threads.py: anyio has one kind of stream, and
this is what it looks like from above. On asyncio: a BufferedProtocol. On trio: a SocketStream.
"""

from async_models.anyio.threads import serve
from async_models.ground.anyio import run

if __name__ == "__main__":
    run(serve)
