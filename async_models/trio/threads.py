"""Wait in a task for each client: it reads like a thread, and gives way at each `await` and nowhere else.

Good for: thousands of clients; code that reads like the protocol, with no lock where nothing is awaited in between.
Costs: three to four times what epoll by hand costs, most of it in checkpoints and in the scheduler.
Traps: an exception in a handler cancels the nursery, and with it every client; a handler that never awaits stops them all.

A literal counterpart of models/threads.py: `start_soon` for `Thread.start`. On asyncio: `create_task`. On anyio: task groups.
"""

import trio

from async_models.ground.trio import CHUNK, Arrivals, Listener, Peer, run
from models.ground.conversation import Service


async def serve(listener: Listener, service: Service) -> None:
    # listen
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
