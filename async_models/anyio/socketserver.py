"""Wait in a listener's `serve`, with room for one client: the next is accepted when it has left.

Good for: what `socketserver.TCPServer` is good for; and for seeing how little is needed to let in more.
Costs: what async_models/anyio/threads.py costs; everybody else waits in the backlog.
Trap: a limit inside the handler comes too late, the client is accepted by then; it has to be the listener's.

An idiomatic counterpart of models/socketserver.py. On asyncio: a task group with room for one. On trio: `serve_listeners` with
one place. In practice: threads.
"""

import anyio

from async_models.ground.anyio import CHUNK, Arrivals, Listener, Peer, run
from models.ground.conversation import Service

PROFILE = {"capacity": 1}


async def serve(listener: Listener, service: Service) -> None:
    # listen: with room for one
    listener.limit = 1
    async with anyio.create_task_group() as clients:
        with listener.accepting():
            # accept: each in a task of its own, which outlives the accepting
            await Arrivals(listener, service).serve(converse, clients)


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
            # reply: send sleeps until the kernel has taken it all, and that is the backpressure
            while unsent := peer.conversation.unsent:
                await stream.send(unsent)
                peer.sent(len(unsent))


if __name__ == "__main__":
    run(serve)
