"""Clients whose connections are made in a function of their own, which returns them."""

import asyncio
import os
import socket
import sys


async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    loop = asyncio.get_running_loop()
    for *_, address in await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM):
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection(*address[:2])
        except OSError as error:
            why = OSError(error.errno, os.strerror(error.errno)) if error.errno else TimeoutError("timed out")
        else:
            writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
            return reader, writer
    raise why


async def connect_with_retry(address, attempts=2) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for attempt in range(attempts):
        try:
            return await connect_to(*address)
        except OSError as error:
            print("attempt", attempt + 1, error)
            await asyncio.sleep(0.01)
    raise SystemExit("nobody")


async def knock(address):
    try:
        reader, writer = await connect_to(*address, family=socket.AF_INET)
    except OSError:
        return None, None
    return reader, writer


class Session:
    def __init__(self, address):
        self.address = address
        self.reader = self.writer = None

    async def _connect(self):
        return await connect_with_retry(self.address)

    async def open(self):
        self.reader, self.writer = await self._connect()

    async def ask(self, text):
        self.writer.write(text)
        await self.writer.drain()
        return (await self.reader.read(100)).decode().strip()


async def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        reader, writer = await knock(("127.0.0.1", each))
        print(each == port, writer is not None)
        if writer:
            writer.close()
    session = Session(("127.0.0.1", port))
    await session.open()
    print(await session.ask(b"one\n"))
    session.writer.close()
    try:
        await Session(("127.0.0.1", nobody)).open()
    except SystemExit as error:
        print(error)


if __name__ == "__main__":
    asyncio.run(main())
