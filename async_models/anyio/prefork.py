"""Wait in N processes with a loop each: every one of them accepts from the one listener, and serves many clients at once.

Good for: every core, with the code of one process; uvicorn's and gunicorn's workers are this.
Costs: N loops, and what is shared between clients is shared no more.
Traps: a loop that runs must not be forked, so the parent has none: it forks before any loop begins, and replaces who dies. Of
N loops asleep on one listener all wake for each client and one gets it (no EPOLLEXCLUSIVE here); with SO_REUSEPORT
(`--reuse-port`) each has a queue of its own, and what is queued for a busy one waits.

A literal counterpart of models/prefork.py, but for one thing: a worker serves many at once. On asyncio and trio: the same.
"""

import anyio

from async_models.ground.anyio import CHUNK, Listener, Peer, run_workers
from models.ground.conversation import Service

WORKERS = 4
PROFILE = {"state": "connection", "workers": WORKERS}


async def serve(listener: Listener, service: Service) -> None:
    # listen
    async with anyio.create_task_group() as clients:
        # accept
        while peer := await listener.arrival(service):
            clients.start_soon(converse, peer)


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
    run_workers(serve, WORKERS)
