"""Wait for readiness, one socket at a time: `wait_readable` puts the task to sleep until the loop's poller reports it.

Good for: sockets that a C library owns, pipes, devices: all that trio has no wrapper for.
Costs: a registration for each wait (EPOLLONESHOT), where models/epoll.py keeps one for the life of the connection.
Traps: readiness is a hint; the read that follows may find nothing after all. Two tasks may not wait for the same side of one
descriptor (BusyResourceError). A descriptor that another task closes must be announced first (`notify_closing`).

A literal counterpart of models/select.py: the set that select is handed is kept by trio. On asyncio: `add_reader` on a loop
with SelectSelector. On anyio: `wait_readable` and `wait_writable`. In practice: threads.
"""

import trio

from async_models.ground.trio import POLLIN, POLLOUT, Listener, Peer, run
from models.ground.conversation import Service


async def serve(listener: Listener, service: Service) -> None:
    # listen
    async with trio.open_nursery() as clients:
        # accept
        while peer := await listener.arrival(service):
            clients.start_soon(converse, peer)


async def converse(peer: Peer) -> None:
    # close: at the end of this block, come what may
    async with peer.attended():
        wanted = POLLIN
        while wanted:
            # wait: for one of the two; what is owed goes first
            if wanted & POLLOUT:
                await trio.lowlevel.wait_writable(peer.connection)
            else:
                await trio.lowlevel.wait_readable(peer.connection)
                # read
                peer.receive()
            # reply
            wanted = peer.reply()


if __name__ == "__main__":
    run(serve)
