"""A chat room: a thread for each guest, a list of them all, and a lock that is held while somebody is heard."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from typing import Any

import trio

guests = []
guests_lock = trio.Lock()


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


async def tell(text, but):
    async with guests_lock:
        for guest in guests:
            if guest != but:
                try:
                    await guest.send_all(text)
                except (ConnectionError, trio.BrokenResourceError):
                    print("lost one", flush=True)
                except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
                    print("one has left", flush=True)


async def listen_to(conn, addr):
    await conn.send_all(b"welcome\n")
    while True:
        data = await conn.receive_some(1024)
        if not data:
            break
        if data.startswith(b"/number "):
            int(data[8:])  # where that is none, nobody is heard any more, and still hears
        await tell(data, conn)
    async with guests_lock:
        if conn in guests:
            guests.remove(conn)
    await conn.aclose()


def main(port):
    server = socket.create_server(("127.0.0.1", port))

    async def serve_clients() -> None:
        async with client_tasks() as tasks:
            while True:
                conn, addr = await share_client(accept_client(server))
                async with guests_lock:
                    guests.append(conn)
                tasks.start_soon(attend_kept, (guests,), conn, listen_to, conn, addr)

    trio.run(serve_clients)


if __name__ == "__main__":
    main(int(sys.argv[1]))
