"""asyncio's BufferedProtocol, as "Buffered Streaming Protocols" in its documentation describes it: one's own buffer is filled.

It leaves out: backpressure (a client that sends and does not read fills the memory), and the stop.
"""

import asyncio

from benchmarks.floor import listening, on_asyncio

buffer = bytearray(65536)  # one for all: what has come is used before the next is read


class Channel(asyncio.BufferedProtocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def get_buffer(self, _sizehint: int) -> bytearray:
        return buffer

    def buffer_updated(self, count: int) -> None:
        self.transport.write(buffer[:count].upper())


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Channel, "127.0.0.1", port)
    listening(server.sockets[0])
    await server.serve_forever()


on_asyncio(serve)
