"""Wait in N processes with a loop each: every one of them accepts from the one listener, and serves many clients at once.

Good for: every core, with the code of one process; uvicorn's and gunicorn's workers are this.
Costs: N loops, and what is shared between clients is shared no more.
Traps: a loop that runs must not be forked, so the parent has none: it forks before any loop begins, and replaces who dies. Of
N loops asleep on one listener all wake for each client and one gets it (no EPOLLEXCLUSIVE here); with SO_REUSEPORT
(`--reuse-port`) each has a queue of its own, and what is queued for a busy one waits.

A literal counterpart of models/prefork.py, but for one thing: a worker serves many at once. On trio and anyio: the same.
"""

import asyncio

from async_models.ground.asyncio import CHUNK, Listener, Peer, run_workers
from models.ground.conversation import Service

WORKERS = 4
PROFILE = {"state": "connection", "workers": WORKERS}


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
    run_workers(serve, WORKERS)
