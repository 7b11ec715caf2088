"""Lines of a connection that are numbered, and then the rest of them, read one by one."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


class SocketFile:
    """The file that a socket's makefile gave: lines with their LF, the last one perhaps without; b"" at the end of input."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
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
            await self._stream.send(data)

    async def close(self) -> None:
        await self.flush()

    async def _more(self) -> bool:
        data = await receive(self._stream, 65536)
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


async def attend(stream: anyio.abc.ByteStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the group, and every client with it


async def stream_of(client: Any) -> anyio.abc.ByteStream:
    """The stream of a client's socket. Raises ValueError when the client has gone, and has no address any more."""
    stream = await anyio.abc.SocketStream.from_socket(client)
    buffered = BufferedByteStream(stream)
    # On asyncio a stream reads ahead, without a bound, until somebody has received for the first time.
    with anyio.move_on_after(0), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        buffered.feed_data(await stream.receive())
    return buffered


async def accept_client(listener: Any, seconds: float | None = None) -> tuple[anyio.abc.ByteStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes for so long."""
    listener.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await stream_of(client), address
        except ValueError:
            client.close()


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with anyio.create_task_group() as tasks:
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
        await c.send(b"%d " % number + line)
        if line == b"enough\n":
            break
    else:
        await c.send(b"no more\n")
    # as they are
    while (line := await f.readline()) != b"":
        await c.send(line.upper())
    await f.close()
    await c.aclose()


l = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def serve_clients() -> None:
    async with client_tasks() as tasks:
        while True:
            c, _ = await accept_client(l)
            tasks.start_soon(attend, c, handle, c)


anyio.run(serve_clients)
