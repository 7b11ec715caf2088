"""A client that reads what it is answered as lines, and hands them on one by one."""

import contextlib
import math
import os
import socket
import sys

import trio


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> trio.SocketStream:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    for *_, address in await trio.socket.getaddrinfo(host, port, family, trio.socket.SOCK_STREAM):
        try:
            with trio.fail_after(math.inf if seconds is None else seconds):
                return socket_buffered(await trio.open_tcp_stream(*address[:2]))
        except trio.TooSlowError:
            why = TimeoutError("timed out")
        except OSError as error:
            [why] = error.__cause__.exceptions  # a group, of the one address
            why = OSError(why.errno, os.strerror(why.errno))
    raise why


class SocketFile:
    """The file that a socket's makefile gave: lines with their LF, the last one perhaps without; b"" at the end of input."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
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
            await self._stream.send_all(data)

    async def close(self) -> None:
        await self.flush()

    async def _more(self) -> bool:
        data = await self._stream.receive_some(65536)
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
        sock = await connect_to(host, port, family=socket.AF_INET)
    except OSError as error:
        sys.exit("%s: %s" % (host, error))
    file = SocketFile(sock)
    for question in questions:
        await file.write(question + b"\n")
        await file.flush()
        yield await file.readline()
    await file.close()
    await sock.aclose()


async def main():
    async for answer in answers("localhost", int(sys.argv[1]), [b"one", b"two"]):
        print(answer.decode().strip())


if __name__ == "__main__":
    trio.run(main)
