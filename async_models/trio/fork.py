"""Wait in a process for each client, and in a loop in each: the connection is handed to a child by descriptor.

Good for: isolation, as in models/fork.py; and clients that need more than one task each.
Costs: a fork and a loop for each client, some milliseconds; what is handed over is a copy, the parent closes its own.
Trap: a loop that runs must not be forked: parent and child would share its poller and its wakeup descriptor. So the process
that forks has no loop; it is made before this one's begins (async_models/ground/workers.py).

A literal counterpart of models/fork.py. On asyncio and anyio: the same. In practice: prefork.
"""

import trio

from async_models.ground.trio import CHUNK, Listener, Peer, run
from models.ground.conversation import Service

PROFILE = {"isolation": "process", "state": "connection"}


async def serve(listener: Listener, service: Service) -> None:
    # listen
    # accept
    while peer := await listener.arrival(service):
        await listener.hand_over(peer)
    await listener.vacated()


async def converse(peer: Peer) -> None:
    # close: at the end of this block, come what may
    async with peer.attended():
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(peer.connection))
        while peer.wanted():
            # wait: receive_some sleeps until something comes
            data = await stream.receive_some(CHUNK)
            # read
            peer.take(data)
            # reply: send_all sleeps until the kernel has taken it all, and that is the backpressure
            while unsent := peer.conversation.unsent:
                await stream.send_all(unsent)
                peer.sent(len(unsent))


if __name__ == "__main__":
    run(serve, in_children=converse)
