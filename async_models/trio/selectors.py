"""Wait in a task for each client, on plain trio sockets: what selectors calls back, a task simply goes on with.

Good for: the same code as with a callback for each socket, in the order in which it happens.
Costs: less than SocketStream, which guards against two tasks that send at once; here one does not.
Trap: `send` may take a part only, and says how much; `send_all` is a stream's.

An idiomatic counterpart of models/selectors.py: there are no callbacks to register. On asyncio: a Protocol. On anyio: a task
for each client. In practice: threads.
"""

import trio

from async_models.ground.trio import CHUNK, Listener, Peer, run
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
        sock = trio.socket.from_stdlib_socket(peer.connection)
        while peer.wanted():
            # wait: recv sleeps until something comes
            data = await sock.recv(CHUNK)
            # read
            peer.take(data)
            # reply
            while unsent := peer.conversation.unsent:
                peer.sent(await sock.send(unsent))


if __name__ == "__main__":
    run(serve)
