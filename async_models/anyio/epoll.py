"""Wait for readiness with epoll: anyio has one way to wait for a descriptor, the backend's, so this is `select` again.

Good for: what async_models/anyio/select.py is good for; on Linux the poller beneath is epoll, on macOS and BSD kqueue.
Costs: the same.
Trap: nothing can be chosen here, and nothing need be: the limits of select(2) are not there.

A literal counterpart of models/epoll.py, and the same as async_models/anyio/select.py. On asyncio: `add_reader` on a loop with
EpollSelector. On trio: `wait_readable` and `wait_writable`. In practice: threads.
"""

from async_models.anyio.select import serve
from async_models.ground.anyio import run

if __name__ == "__main__":
    run(serve)
