"""Wait in the call itself: accept one client, await each step with it to its end, then take the next.

Good for: seeing that `await` alone makes nothing concurrent; tools with one client by nature.
Costs: what models/blocking.py costs, and a loop that has nothing else to do.
Trap: the same as there, a silent client keeps the counter; but here one line, `anyio.fail_after`, would let it go.

A literal counterpart of models/blocking.py. On asyncio and trio: the same, awaited in line. In practice: threads.
"""

import anyio

from async_models.ground.anyio import CHUNK, Listener, Peer, run
from models.ground.conversation import Service

PROFILE = {"capacity": 1}


async def serve(listener: Listener, service: Service) -> None:
    # listen
    # accept
    while peer := await listener.arrival(service):
        await converse(peer)


async def converse(peer: Peer) -> None:
    # close: at the end of this block, come what may
    async with peer.attended():
        stream = await peer.stream()
        while peer.wanted():
            # wait: receive sleeps until something comes
            try:
                data = await stream.receive(CHUNK)
            except anyio.EndOfStream:
                data = b""
            # read
            peer.take(data)
            # reply
            while unsent := peer.conversation.unsent:
                await stream.send(unsent)
                peer.sent(len(unsent))


if __name__ == "__main__":
    run(serve)
