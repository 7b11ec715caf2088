"""A chat room: a thread for each guest, a list of them all, and a lock that is held while somebody is heard."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping, Sequence
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

guests = []
guests_lock = anyio.Lock()


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


async def tell(text, but):
    async with guests_lock:
        for guest in guests:
            if guest != but:
                try:
                    await guest.send(text)
                except (ConnectionError, anyio.BrokenResourceError):
                    print("lost one", flush=True)
                except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                    print("one has left", flush=True)


async def listen_to(conn, addr):
    await conn.send(b"welcome\n")
    while True:
        data = await receive(conn, 1024)
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

    anyio.run(serve_clients)


if __name__ == "__main__":
    main(int(sys.argv[1]))
