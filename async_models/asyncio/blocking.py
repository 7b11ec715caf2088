"""Wait in the call itself: accept one client, await each step with it to its end, then take the next.

Good for: seeing that `await` alone makes nothing concurrent; tools with one client by nature.
Costs: what models/blocking.py costs, and a loop that has nothing else to do.
Trap: the same as there, a silent client keeps the counter; but here one line, `asyncio.timeout`, would let it go.

A literal counterpart of models/blocking.py. On trio and anyio: the same, awaited in line. In practice: threads.
"""

from async_models.ground.asyncio import CHUNK, Listener, Peer, run
from models.ground.conversation import Service

PROFILE = {"capacity": 1}


async def serve(listener: Listener, service: Service) -> None:
    # listen
    # accept
    while peer := await listener.arrival(service):
        await converse(peer)


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
    run(serve)
