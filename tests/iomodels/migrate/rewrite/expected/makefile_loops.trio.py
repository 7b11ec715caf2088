"""Lines of a connection that are numbered, and then the rest of them, read one by one."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


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


class Numbered:
    """The lines of a file with their numbers, as enumerate gives them."""

    def __init__(self, lines: AsyncIterator[Any], start: int = 0) -> None:
        self._lines, self._number = lines, start - 1

    def __aiter__(self) -> "Numbered":
        return self

    async def __anext__(self) -> tuple[int, Any]:
        line = await anext(self._lines)
        self._number += 1
        return self._number, line


async def attend(stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with trio.open_nursery() as tasks:
            try:
                yield tasks
            except Exception as error:
                ended = error
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # Ctrl-C
    if ended is not None:
        raise ended


async def handle(c):
    f = SocketFile(c)
    async for number, line in Numbered(f, 1):
        await c.send_all(b"%d " % number + line)
        if line == b"enough\n":
            break
    else:
        await c.send_all(b"no more\n")
    # as they are
    while (line := await f.readline()) != b"":
        await c.send_all(line.upper())
    await f.close()
    await c.aclose()


l = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def serve_clients() -> None:
    async with client_tasks() as tasks:
        while True:
            c, _ = await accept_client(l)
            tasks.start_soon(attend, c, handle, c)


trio.run(serve_clients)
