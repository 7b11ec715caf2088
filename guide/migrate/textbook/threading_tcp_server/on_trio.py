"""An echo server on socketserver, with a thread for each client."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any

import trio


class ClientHandler:
    """The conversation with one client."""

    def __init__(self, request: trio.SocketStream, client_address: Any, server: Any) -> None:
        self.request = request
        self.client_address, self.server = client_address, server


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


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


class TaskServer:
    """Accepts clients, and serves each in a task."""

    address_family = socket.AF_INET
    allow_reuse_address = False
    request_queue_size = 5

    def __init__(self, server_address: Any, RequestHandlerClass: Callable[..., Any]) -> None:
        self.server_address, self.RequestHandlerClass = server_address, RequestHandlerClass
        self.socket = socket.socket(self.address_family, socket.SOCK_STREAM)
        try:
            self.server_bind()
            self.server_activate()
        except BaseException:
            self.server_close()
            raise

    def server_bind(self) -> None:
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def server_activate(self) -> None:
        self.socket.listen(self.request_queue_size)

    def server_close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "TaskServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.server_close()

    def serve_forever(self) -> None:
        trio.run(self.accept_clients)

    async def accept_clients(self) -> None:
        listener = trio.socket.from_stdlib_socket(self.socket)
        async with client_tasks() as tasks:
            while True:
                try:
                    client, address = await listener.accept()
                except OSError:
                    await trio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                    continue
                tasks.start_soon(self.serve_client, client, address)

    async def serve_client(self, client: Any, address: Any) -> None:
        try:
            async with socket_buffered(trio.SocketStream(client)) as stream:
                await self.RequestHandlerClass(stream, address, self).handle()
        except Exception:
            self.handle_error(client, address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        print("-" * 40, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print("-" * 40, file=sys.stderr)


class Echo(ClientHandler):
    async def handle(self):
        while True:
            data = await self.request.receive_some(4096)
            if not data:
                break
            await self.request.send_all(data.upper())


with TaskServer(("127.0.0.1", int(sys.argv[1])), Echo) as server:
    server.serve_forever()
