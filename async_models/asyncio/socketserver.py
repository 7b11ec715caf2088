"""Wait in the library's own kind of server, with room for one client: the next is accepted when it has left.

Good for: what `socketserver.TCPServer` is good for; and for seeing how little is needed to let in more.
Costs: what async_models/asyncio/threads.py costs; everybody else waits in the backlog.
Trap: a lock in the handler comes too late: the client is accepted by then, and believes that it is served.

An idiomatic counterpart of models/socketserver.py. On trio: `serve_listeners` with one place. On anyio: the same with a
listener. In practice: threads.
"""

import asyncio

from async_models.ground.asyncio import CHUNK, Listener, Peer, run
from models.ground.conversation import Service

PROFILE = {"capacity": 1}


async def serve(listener: Listener, service: Service) -> None:
    # listen: with room for one
    listener.limit = 1
    async with asyncio.TaskGroup() as clients:
        # accept
        while peer := await listener.arrival(service):
            clients.create_task(converse(peer))


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
