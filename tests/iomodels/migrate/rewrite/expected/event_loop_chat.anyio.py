"""A chat on select as a well-known tutorial has it: headers with lengths, and no socket is ever closed by name."""

import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Mapping, Sequence
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

HEADER_LENGTH = 10

server_socket = socket.create_server(("127.0.0.1", int(sys.argv[1])))
clients = {}


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
    """What fails with one client ends the server. Who is kept at its end stays open, as a socket that something held."""
    ended = False
    try:
        await handler(*args)
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


async def receive_message(client_socket):
    try:
        message_header = await receive(client_socket, HEADER_LENGTH)
        if not len(message_header):
            return False
        message_length = int(message_header.decode("utf-8").strip())
        return {"header": message_header, "data": await receive(client_socket, message_length)}
    except Exception:
        return False


turn = anyio.Lock()  # one client's turn at a time, as in the loop


async def converse(client_socket, client_address):
    user = await receive_message(client_socket)
    async with turn:
        if user is False:
            await client_socket.aclose()
            return
        clients[client_socket] = user
        print("accepted", client_address, user["data"].decode("utf-8"))
    while True:
        message = await receive_message(client_socket)
        async with turn:
            if message is False:
                print("closed by", clients[client_socket]["data"].decode("utf-8"))
                del clients[client_socket]
                await client_socket.aclose()
                return
            user = clients[client_socket]
            print("received from", user["data"].decode("utf-8"))
            for other_client_socket in clients:
                if other_client_socket != client_socket:
                    await other_client_socket.send(user["header"] + user["data"] + message["header"] + message["data"])


async def serve_clients() -> None:
    async with daemon_tasks() as tasks:
        while True:
            client_socket, client_address = await share_client(accept_client(server_socket))
            tasks.start_soon(attend_kept, (clients,), client_socket, converse, client_socket, client_address)


anyio.run(serve_clients)
