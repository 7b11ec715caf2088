"""Wait for one of N places: each client has a task, and a CapacityLimiter says how many there may be at once.

Good for: a bound on the work done at once. A task needs no pool, it is cheap to start; what is limited is what it uses.
Costs: client N+1 waits, however idle the first N are.
Trap: taking the place after accepting makes a second backlog without a bound. Here the place comes first, so the only queue
is the kernel's.

An idiomatic counterpart of models/thread_pool.py. On asyncio: N accepting tasks. On trio: a CapacityLimiter.
"""

from typing import Annotated

import anyio

from async_models.ground.anyio import CHUNK, Listener, Peer, run
from models.ground.conversation import Service

WORKERS = 16
PROFILE = {"capacity": WORKERS}


async def serve(listener: Listener, service: Service, *, workers: Annotated[int, "how many clients at once"] = WORKERS) -> None:
    # listen
    places = anyio.CapacityLimiter(workers)
    async with anyio.create_task_group() as clients:
        while True:
            place = object()
            await places.acquire_on_behalf_of(place)
            # accept
            peer = await listener.arrival(service)
            if peer is None:
                break
            clients.start_soon(converse, peer, places, place)


async def converse(peer: Peer, places: anyio.CapacityLimiter, place: object) -> None:
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
    places.release_on_behalf_of(place)


if __name__ == "__main__":
    run(serve)
