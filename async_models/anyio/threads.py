"""Wait in a task for each client: it reads like a thread, and gives way at each `await`, on whichever loop is beneath.

Good for: thousands of clients; libraries that leave the choice between asyncio and trio to whoever uses them.
Costs: on asyncio the most of all, two layers of streams and a checkpoint for each call; on trio little more than trio itself.
Traps: an exception in a handler cancels the task group, and with it every client; anyio's own listener ends at EMFILE; and on
asyncio its streams read ahead without a bound until the first `receive` returns (async_models/ground/anyio/peer.py).

A literal counterpart of models/threads.py: `start_soon` for `Thread.start`. On asyncio: a TaskGroup and streams. On trio:
`serve_listeners`.
"""

import anyio

from async_models.ground.anyio import CHUNK, Arrivals, Listener, Peer, run
from models.ground.conversation import Service


async def serve(listener: Listener, service: Service) -> None:
    # listen
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
