"""Clients that connect again and again until somebody listens, or until they have tried often enough."""

import asyncio
import os
import socket
import sys

ATTEMPTS = 2


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


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def reach(address):
    for attempt in range(ATTEMPTS):
        try:
            reader, writer = await connect_to(*address, family=socket.AF_INET)
            break
        except ConnectionRefusedError as error:
            print("attempt", attempt + 1, error)
            await asyncio.sleep(0.01)
    else:
        return "nobody"
    writer.write(b"one\n")
    await writer.drain()
    answer = await receive(reader, 100)
    writer.close()
    return answer.decode().strip()


async def ask(address):
    reader = writer = None
    try:
        reader, writer = await connect_to(*address, family=socket.AF_INET)
        writer.write(b"two\n")
        await writer.drain()
        print((await receive(reader, 100)).decode().strip())
    except OSError as error:
        print("no answer:", error)
    finally:
        # whatever happened
        if writer is not None:
            writer.close()
        print("asked")


class Session:
    def __init__(self, ports):
        self.ports = ports
        self.reader = self.writer = None

    async def open(self):
        while True:
            try:
                self.reader, self.writer = await connect_to("127.0.0.1", self.ports[0])
                return
            except OSError as error:
                print(error)
                self.ports = self.ports[1:]

    async def ask(self, text):
        self.writer.write(text)
        await self.writer.drain()
        return (await self.reader.read(100)).decode().strip()


async def main():
    port, nobody = int(sys.argv[1]), int(sys.argv[2])
    for each in (nobody, port):
        print(await reach(("127.0.0.1", each)))
        await ask(("127.0.0.1", each))
    session = Session([nobody, port])
    await session.open()
    print(await session.ask(b"three\n"))
    session.writer.close()


if __name__ == "__main__":
    asyncio.run(main())
