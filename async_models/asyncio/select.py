"""Wait for readiness on a loop with SelectSelector: the loop holds the set, and calls back whoever is ready.

Good for: sockets that a C library owns, pipes, devices: all that asyncio has no transport for.
Costs: a Handle and a turn of the loop for each event; and select's own O(n), which the loop's default selector does not have.
Traps: FD_SETSIZE (1024) bounds the descriptor's number, and here it is the loop that dies of the ValueError. A callback that
raises is logged and called again, for ever, as its descriptor stays ready. uvloop (`--loop`) has its own poller and no other.

A literal counterpart of models/select.py: `add_reader` and `add_writer` for the two lists. On trio and anyio: `wait_readable`
and `wait_writable`. In practice: threads.
"""

import asyncio
import selectors

from async_models.ground.asyncio import POLLIN, POLLOUT, Listener, Peer, run
from models.ground.conversation import Service

FD_SETSIZE = 1024  # select(2): fixed in the kernel's and the C library's headers

PROFILE = {"capacity": FD_SETSIZE}


async def serve(listener: Listener, service: Service) -> None:
    loop = asyncio.get_running_loop()
    # listen
    # accept
    while peer := await listener.arrival(service):
        if peer.descriptor < FD_SETSIZE:
            loop.add_reader(peer.descriptor, converse, loop, peer, POLLIN)
        else:
            peer.refuse(f"descriptor {peer.descriptor} is beyond FD_SETSIZE ({FD_SETSIZE})")
    await listener.vacated()


def converse(loop: asyncio.AbstractEventLoop, peer: Peer, ready: int) -> None:
    # read
    if ready & POLLIN:
        peer.receive()
    # reply
    wanted = peer.reply()
    # wait: by being called back for what is wanted from here on
    fd = peer.descriptor
    changed, peer.interest = wanted ^ peer.interest, wanted
    if changed & POLLIN:
        loop.add_reader(fd, converse, loop, peer, POLLIN) if wanted & POLLIN else loop.remove_reader(fd)
    if changed & POLLOUT:
        loop.add_writer(fd, converse, loop, peer, POLLOUT) if wanted & POLLOUT else loop.remove_writer(fd)
    # close
    if not wanted:
        peer.close()


if __name__ == "__main__":
    run(serve, selector=selectors.SelectSelector)
