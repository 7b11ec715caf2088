"""asyncio's Protocol, as "TCP Echo Server" in the documentation of transports and protocols has it.

It leaves out: backpressure (a client that sends and does not read fills the memory), and the stop. asyncio's own loop asks for
256 KiB at each `recv`; glibc maps and unmaps as much for each, or does not, as the heap happens to lie (cpython#85451).
"""

import asyncio

from benchmarks.floor import listening, on_asyncio


class Channel(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data.upper())


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Channel, "127.0.0.1", port)
    listening(server.sockets[0])
    await server.serve_forever()


on_asyncio(serve)
