"""A client that reads what it is answered as lines, and hands them on one by one."""

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


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


class SocketFile:
    """The file that a socket's makefile gave: lines with their LF, the last one perhaps without; b"" at the end of input."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._input = bytearray()
        self._output = bytearray()

    async def readline(self, limit: int = -1) -> bytes:
        searched = 0
        while not (end := self._input.find(b"\n", searched) + 1):
            searched = len(self._input)
            if 0 <= limit <= searched or not await self._more():
                end = len(self._input)
                break
        return self._take(end if limit < 0 else min(end, limit))

    async def read(self, size: int = -1) -> bytes:
        if size < -1:
            raise ValueError("read length must be non-negative or -1")
        while (size < 0 or len(self._input) < size) and await self._more():
            pass
        return self._take(len(self._input) if size < 0 else size)

    async def read1(self) -> bytes:
        """What there is, as soon as there is something; b"" at the end of input."""
        if not self._input:
            await self._more()
        return self._take(len(self._input))

    async def write(self, data: bytes) -> int:
        self._output += data
        if len(self._output) > 8192:  # as io.DEFAULT_BUFFER_SIZE
            await self.flush()
        return len(data)

    async def flush(self) -> None:
        data, self._output = bytes(self._output), bytearray()
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def close(self) -> None:
        await self.flush()

    async def _more(self) -> bool:
        data = await receive(self._reader, 65536)
        self._input += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._input[:size])
        del self._input[:size]
        return taken

    def __aiter__(self) -> "SocketFile":
        return self

    async def __anext__(self) -> bytes:
        if line := await self.readline():
            return line
        raise StopAsyncIteration

    async def __aenter__(self) -> "SocketFile":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()


async def answers(host, port, questions):
    try:
        reader, writer = await connect_to(host, port, family=socket.AF_INET)
    except OSError as error:
        sys.exit("%s: %s" % (host, error))
    file = SocketFile(reader, writer)
    for question in questions:
        await file.write(question + b"\n")
        await file.flush()
        yield await file.readline()
    await file.close()
    writer.close()


async def main():
    async for answer in answers("localhost", int(sys.argv[1]), [b"one", b"two"]):
        print(answer.decode().strip())


if __name__ == "__main__":
    asyncio.run(main())
