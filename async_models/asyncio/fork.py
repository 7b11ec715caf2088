"""Wait in a process for each client, and in a loop in each: the connection is handed to a child by descriptor.

Good for: isolation, as in models/fork.py; and clients that need more than one task each.
Costs: a fork and a loop for each client, some milliseconds; what is handed over is a copy, the parent closes its own.
Trap: a loop that runs must not be forked: parent and child would share its poller and its wakeup descriptor. So the process
that forks has no loop; it is made before this one's begins (async_models/ground/workers.py).

A literal counterpart of models/fork.py. On trio and anyio: the same. In practice: prefork.
"""

from async_models.ground.asyncio import CHUNK, Listener, Peer, run
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
    async with peer.attended() as (reader, writer):
        while peer.wanted():
            # wait: read sleeps until something comes
            data = await reader.read(CHUNK)
            # read
            peer.take(data)
            # reply: drain sleeps while the buffer is above its high-water mark, and that is the backpressure
            while unsent := peer.conversation.unsent:
                writer.write(unsent)
                await writer.drain()
                peer.sent(len(unsent))


if __name__ == "__main__":
    run(serve, in_children=converse)
