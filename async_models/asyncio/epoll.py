"""Wait for readiness on a loop with EpollSelector: it is the default on Linux, and the code is that of `poll`.

Good for: thousands of sockets that asyncio has no transport for.
Costs: a Handle and a turn of the loop for each event, which is more than epoll's own share.
Trap: there is no `--edge` here: asyncio's selectors are level-triggered, and so is the whole library.

A literal counterpart of models/epoll.py, and the same as async_models/asyncio/poll.py on another selector. On trio and anyio:
`wait_readable` and `wait_writable`. In practice: threads.
"""

import selectors

from async_models.asyncio.poll import serve
from async_models.ground.asyncio import run
from models.ground.program import Unavailable


def check() -> None:
    if not hasattr(selectors, "EpollSelector"):
        raise Unavailable("epoll is Linux's alone; async_models.asyncio.threads waits with the best poller there is")


if __name__ == "__main__":
    run(serve, needs=check, selector=lambda: selectors.EpollSelector())
