"""Wait for readiness on a loop with PollSelector: `add_reader` says what is wanted, the loop polls and calls back.

Good for: seeing that the poller is the loop's affair: the code is async_models/asyncio/select.py's, without its limit.
Costs: a Handle and a turn of the loop for each event; and poll's own O(n).
Trap: a callback that raises is logged and called again, for ever, as its descriptor stays ready.

A literal counterpart of models/poll.py: `add_reader` for `register`, and no event mask comes back. On trio and anyio:
`wait_readable` and `wait_writable`. In practice: threads.
"""

import asyncio
import selectors

from async_models.ground.asyncio import POLLIN, POLLOUT, Listener, Peer, run
from models.ground.conversation import Service


async def serve(listener: Listener, service: Service) -> None:
    loop = asyncio.get_running_loop()
    # listen
    # accept
    while peer := await listener.arrival(service):
        loop.add_reader(peer.descriptor, converse, loop, peer, POLLIN)
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
    run(serve, selector=selectors.PollSelector)
