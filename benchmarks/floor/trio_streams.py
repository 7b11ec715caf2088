"""trio's streams, as "An echo server" in its tutorial has them.

They leave out: a client that resets the connection (it ends the server), a limit, and the stop.
"""

import trio

from benchmarks.floor import listening, on_trio


async def converse(stream: trio.SocketStream) -> None:
    async for data in stream:
        await stream.send_all(data.upper())


async def serve(port: int) -> None:
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, converse, port)
        listening(listeners[0].socket)


on_trio(serve)
