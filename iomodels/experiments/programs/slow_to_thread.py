"""asyncio's streams with the service of `slow.py`, where the slow requests are handed to a thread: `asyncio.to_thread`."""

import asyncio

from iomodels.experiments.programs.slow import handle, is_slow


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(await asyncio.to_thread(handle, data) if is_slow(data) else handle(data))
        await writer.drain()
    writer.close()


async def serve() -> None:
    server = await asyncio.start_server(converse, "127.0.0.1", 0, backlog=1024)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
