"""Wait in one of N tasks: each takes a client from the listener, serves it to its end, and takes the next.

Good for: a bound on the work done at once, set in advance; with tasks instead of threads, N may be large.
Costs: client N+1 waits, however idle the first N are.
Trap: a loop keeps one callback for a descriptor. Of N tasks in `sock_accept` on one listener the last alone hears of a client;
here they take turns at the door (an asyncio.Lock).

A literal counterpart of models/thread_pool.py: N accepting tasks for N accepting threads. On trio and anyio: a CapacityLimiter.
In practice: threads.
"""

import asyncio
from typing import Annotated

from async_models.ground.asyncio import CHUNK, Listener, Peer, run
from models.ground.conversation import Service

WORKERS = 16
PROFILE = {"capacity": WORKERS}


async def serve(listener: Listener, service: Service, *, workers: Annotated[int, "how many tasks serve"] = WORKERS) -> None:
    # listen
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work(listener, service))


async def work(listener: Listener, service: Service) -> None:
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
