"""Wait for completion: `receive_some` returns with the data, `send_all` when all has been taken; readiness never shows.

Good for: what io_uring is good for to its caller: one says what is to be done, and goes on when it has been done.
Costs: beneath it trio waits for readiness all the same (epoll), so not one system call is saved.
Trap: a completion that is cancelled may have happened in part: a cancelled `send_all` does not tell how much has gone.

An idiomatic counterpart of models/io_uring.py, and the same as async_models/trio/threads.py: trio has one kind of stream, and
this is what it looks like from above. On asyncio: a BufferedProtocol. On anyio: byte streams.
"""

from async_models.ground.trio import run
from async_models.trio.threads import serve

if __name__ == "__main__":
    run(serve)
