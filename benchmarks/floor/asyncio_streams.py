"""asyncio's streams, as "TCP echo server using streams" in its documentation has them.

They leave out: a client that resets the connection (a traceback in the log), running out of descriptors, and the stop.
asyncio's own loop asks for 256 KiB at each `recv`; glibc maps and unmaps as much for each, or does not, as the heap happens to
lie (cpython#85451).
"""

import asyncio

from benchmarks.floor import listening, on_asyncio


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data.upper())
        await writer.drain()
    writer.close()


async def serve(port: int) -> None:
    server = await asyncio.start_server(converse, "127.0.0.1", port)
    listening(server.sockets[0])
    await server.serve_forever()


on_asyncio(serve)
