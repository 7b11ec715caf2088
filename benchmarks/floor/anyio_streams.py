"""anyio's streams, as "Working with TCP sockets" in its documentation has them.

They leave out: a client that resets the connection (it ends the server), running out of descriptors, and the stop.
"""

import anyio
from anyio.abc import SocketAttribute, SocketStream

from benchmarks.floor import listening, on_anyio


async def converse(client: SocketStream) -> None:
    async with client:
        async for data in client:
            await client.send(data.upper())


async def serve(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    listening(listener.extra(SocketAttribute.raw_socket))
    await listener.serve(converse)


on_anyio(serve)
