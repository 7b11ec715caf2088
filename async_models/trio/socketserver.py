"""Wait in trio's own server, `serve_listeners`, with room for one client: the next is accepted when it has left.

Good for: what `socketserver.TCPServer` is good for; and for seeing how little is needed to let in more.
Costs: what async_models/trio/threads.py costs; everybody else waits in the backlog.
Trap: a limit inside the handler comes too late, the client is accepted by then; it has to be the listener's.

An idiomatic counterpart of models/socketserver.py. On asyncio: a task group with room for one. On anyio: a listener with one
place. In practice: threads.
"""

import trio

from async_models.ground.trio import CHUNK, Arrivals, Listener, Peer, run
from models.ground.conversation import Service

PROFILE = {"capacity": 1}


async def serve(listener: Listener, service: Service) -> None:
    # listen: with room for one
    listener.limit = 1
    async with trio.open_nursery() as clients:
        with listener.accepting():
            # accept: each in a task of its own, which outlives the accepting
            await trio.serve_listeners(converse, [Arrivals(listener, service)], handler_nursery=clients)


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
    run(serve)
