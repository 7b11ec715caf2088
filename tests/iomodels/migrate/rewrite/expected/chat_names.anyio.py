"""A chat with names: a dictionary of all, and no lock."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping, Sequence
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


class SharedStream(anyio.abc.ByteStream):
    """A client's stream that others' tasks write to as well, in turn. What they have begun is sent before it is closed."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self._stream = stream
        self._turn = anyio.Lock()
        self._sending = 0
        self._closed = False

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self._stream.extra_attributes

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._stream.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        if self._closed:
            raise anyio.ClosedResourceError
        self._sending += 1
        try:
            async with self._turn:
                await self._stream.send(item)
                await self._stream.send(b"")  # it raises what the first has met: on asyncio that one may not know it yet
        finally:
            self._sending -= 1
            if self._closed and not self._sending:
                await self._stream.aclose()

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        self._closed = True
        if not self._sending:
            await self._stream.aclose()


async def send_counted(stream: SharedStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    await stream.send(data)
    return len(data)


async def attend_kept(
    kept: Sequence[Container[Any]], stream: SharedStream, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """What fails with one client ends that one alone. Who is kept then stays open, as a socket that something held."""
    ended = False
    try:
        try:
            await handler(*args)
        except Exception:
            traceback.print_exc()
        ended = True
    finally:
        if not (ended and any(stream in each for each in kept)):
            await stream.aclose()


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


async def share_client(
    accepted: Awaitable[tuple[anyio.abc.ByteStream, Any]],
) -> tuple[SharedStream, Any]:
    """A client whom others may write to, and its address."""
    stream, address = await accepted
    return SharedStream(stream), address


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


class Chat:
    def __init__(self, port: int) -> None:
        self.server = socket.create_server(("127.0.0.1", port))
        self.members = {}

    def run(self) -> None:
        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while True:
                    conn, addr = await share_client(accept_client(self.server))
                    tasks.start_soon(attend_kept, (self.members.values(),), conn, self.serve, conn)

        anyio.run(serve_clients)

    async def tell(self, text: bytes, but: bytes) -> int:
        told = 0
        for name, other in list(self.members.items()):
            if name != but:
                told += await send_counted(other, text) == len(text)
        return told

    async def serve(self, conn: SharedStream) -> None:
        name = (await receive(conn, 100)).strip()
        if not name or name in self.members:
            await conn.send(b"no\n")
            await conn.aclose()
            return
        self.members[name] = conn
        await self.tell(b"* %s has come\n" % name, name)
        await conn.send(b"hello\n")
        try:
            while (data := await receive(conn, 4096)) != b"/bye":
                told = await self.tell(b"%s: %s" % (name, data), name)
                await conn.send(b"told %d\n" % told)
        finally:
            del self.members[name]
            await conn.aclose()
        await self.tell(b"* %s has left\n" % name, name)


if __name__ == "__main__":
    Chat(int(sys.argv[1])).run()
