"""Half moved: the handler's thinking is a coroutine; old clients come to it through a thread, new ones without."""

import asyncio
import socketserver
import sys
from contextlib import suppress

import anyio.from_thread

from iomodels import bridge


async def think(data: bytes) -> bytes:
    """New code: whatever the loop has may be awaited here."""
    return data.upper()


class Shout(socketserver.StreamRequestHandler):
    """Old code, in a worker thread of the loop."""

    def handle(self) -> None:
        while data := self.connection.recv(65536):
            self.wfile.write(anyio.from_thread.run(think, data))


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """New code, in the loop."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(await think(data))
            await writer.drain()
    writer.close()


async def main(port: int, new_port: int) -> None:
    async with await asyncio.start_server(shout, "127.0.0.1", new_port), anyio.create_task_group() as group:
        address = await group.start(bridge.serve, Shout, ("127.0.0.1", port))
        print(f"listening on 127.0.0.1:{address[1]}", flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
