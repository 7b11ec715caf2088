"""Wait for readiness, one socket at a time: `wait_readable` puts the task to sleep until the backend's poller reports it.

Good for: sockets that a C library owns, pipes, devices: all that anyio has no wrapper for.
Costs: on asyncio an `add_reader`, an Event and a `remove_reader` for each wait; on trio what trio's own costs.
Traps: readiness is a hint; the read that follows may find nothing after all. Two tasks may not wait for the same side of one
descriptor (BusyResourceError). A descriptor that a transport owns cannot be waited for: a stream's is its own.

A literal counterpart of models/select.py: the set that select is handed is kept by the backend. On asyncio: `add_reader` on a
loop with SelectSelector. On trio: `wait_readable` and `wait_writable`. In practice: threads.
"""

import anyio

from async_models.ground.anyio import POLLIN, POLLOUT, Listener, Peer, run
from models.ground.conversation import Service


async def serve(listener: Listener, service: Service) -> None:
    # listen
    async with anyio.create_task_group() as clients:
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
                await anyio.wait_writable(peer.connection)
            else:
                await anyio.wait_readable(peer.connection)
                # read
                peer.receive()
            # reply
            wanted = peer.reply()


if __name__ == "__main__":
    run(serve)
