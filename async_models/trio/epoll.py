"""Wait for readiness with epoll: trio has one poller for all that it waits for, so this is `select` again.

Good for: what async_models/trio/select.py is good for; on Linux that poller is epoll, on macOS and BSD kqueue.
Costs: the same.
Trap: nothing can be chosen here, and nothing need be: the limits of select(2) are not there.

A literal counterpart of models/epoll.py, and the same as async_models/trio/select.py. On asyncio: `add_reader` on a loop with
EpollSelector. On anyio: `wait_readable` and `wait_writable`. In practice: threads.
"""

from async_models.ground.trio import run
from async_models.trio.select import serve

if __name__ == "__main__":
    run(serve)
