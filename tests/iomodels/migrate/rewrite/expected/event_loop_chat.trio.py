"""A chat on select as a well-known tutorial has it: headers with lengths, and no socket is ever closed by name."""

import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from typing import Any

import trio

HEADER_LENGTH = 10

server_socket = socket.create_server(("127.0.0.1", int(sys.argv[1])))
clients = {}


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
    """What fails with one client ends the server. Who is kept at its end stays open, as a socket that something held."""
    ended = False
    try:
        await handler(*args)
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


async def receive_message(client_socket):
    try:
        message_header = await client_socket.receive_some(HEADER_LENGTH)
        if not len(message_header):
            return False
        message_length = int(message_header.decode("utf-8").strip())
        return {"header": message_header, "data": await client_socket.receive_some(message_length)}
    except Exception:
        return False


turn = trio.Lock()  # one client's turn at a time, as in the loop


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
                    await other_client_socket.send_all(user["header"] + user["data"] + message["header"] + message["data"])


async def serve_clients() -> None:
    async with daemon_tasks() as tasks:
        while True:
            client_socket, client_address = await share_client(accept_client(server_socket))
            tasks.start_soon(attend_kept, (clients,), client_socket, converse, client_socket, client_address)


trio.run(serve_clients)
