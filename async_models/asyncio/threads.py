"""Wait in a task for each client: it reads like a thread, and gives way at each `await` that has to wait.

Good for: thousands of clients; code that reads like the protocol, with no lock where nothing is awaited in between.
Costs: twice what epoll by hand costs: a StreamReader and a Future stand between the loop and the task.
Traps: `start_server` knows no limit: out of descriptors asyncio's spins (10 MB of log in four seconds, measured), and uvloop's
closes whom it cannot take. So clients are accepted by hand here, and given streams with `open_connection(sock=)`.
Without `drain` the writer's buffer grows as long as a client does not read. `close` without `wait_closed` may lose the last
bytes when the loop ends. A bare `create_task` may be collected before it is done: a TaskGroup holds it.

A literal counterpart of models/threads.py: `create_task` for `Thread.start`. On trio: `serve_listeners`. On anyio: task groups.
"""

import asyncio

from async_models.ground.asyncio import CHUNK, Listener, Peer, run
from models.ground.conversation import Service


async def serve(listener: Listener, service: Service) -> None:
    # listen
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
