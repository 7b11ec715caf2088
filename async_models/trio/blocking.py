"""Wait in the call itself: accept one client, await each step with it to its end, then take the next.

Good for: seeing that `await` alone makes nothing concurrent; tools with one client by nature.
Costs: what models/blocking.py costs, and a scheduler that has nothing else to schedule.
Trap: the same as there, a silent client keeps the counter; but here one line, `trio.fail_after`, would let it go.

A literal counterpart of models/blocking.py. On asyncio and anyio: the same, awaited in line. In practice: threads.
"""

import trio

from async_models.ground.trio import CHUNK, Listener, Peer, run
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
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(peer.connection))
        while peer.wanted():
            # wait: receive_some sleeps until something comes
            data = await stream.receive_some(CHUNK)
            # read
            peer.take(data)
            # reply
            while unsent := peer.conversation.unsent:
                await stream.send_all(unsent)
                peer.sent(len(unsent))


if __name__ == "__main__":
    run(serve)
