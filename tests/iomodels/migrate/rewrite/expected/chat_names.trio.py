"""A chat with names: a dictionary of all, and no lock."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from typing import Any

import trio


class SharedStream(trio.abc.Stream):
    """A client's stream that others' tasks write to as well, in turn. What they have begun is sent before it is closed."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.socket = stream.socket
        self._stream = stream
        self._turn = trio.Lock()
        self._sending = 0
        self._closed = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if max_bytes is not None and max_bytes < 0:
            raise ValueError("negative buffersize in recv")
        return b"" if max_bytes == 0 else await self._stream.receive_some(max_bytes)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this stream is closed")
        self._sending += 1
        try:
            async with self._turn:
                await self._stream.send_all(data)
        finally:
            self._sending -= 1
            if self._closed and not self._sending:
                await self._stream.aclose()

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        self._closed = True
        if not self._sending:
            await self._stream.aclose()


async def send_counted(stream: SharedStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    await stream.send_all(data)
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


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


async def share_client(
    accepted: Awaitable[tuple[trio.SocketStream, Any]],
) -> tuple[SharedStream, Any]:
    """A client whom others may write to, and its address."""
    stream, address = await accepted
    return SharedStream(stream), address


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
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

        trio.run(serve_clients)

    async def tell(self, text: bytes, but: bytes) -> int:
        told = 0
        for name, other in list(self.members.items()):
            if name != but:
                told += await send_counted(other, text) == len(text)
        return told

    async def serve(self, conn: SharedStream) -> None:
        name = (await conn.receive_some(100)).strip()
        if not name or name in self.members:
            await conn.send_all(b"no\n")
            await conn.aclose()
            return
        self.members[name] = conn
        await self.tell(b"* %s has come\n" % name, name)
        await conn.send_all(b"hello\n")
        try:
            while (data := await conn.receive_some(4096)) != b"/bye":
                told = await self.tell(b"%s: %s" % (name, data), name)
                await conn.send_all(b"told %d\n" % told)
        finally:
            del self.members[name]
            await conn.aclose()
        await self.tell(b"* %s has left\n" % name, name)


if __name__ == "__main__":
    Chat(int(sys.argv[1])).run()
