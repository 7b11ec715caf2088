"""One client after the other."""

import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

import anyio
import anyio.abc


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


class ClientHandler:
    """The conversation with one client."""

    def __init__(self, request: anyio.abc.SocketStream, client_address: Any, server: Any) -> None:
        self.request = request
        self.client_address, self.server = client_address, server


async def accept_socket(listener: socket.socket) -> tuple[socket.socket, Any]:
    """Wait for a client; its socket, and its address."""
    while True:
        await anyio.wait_readable(listener)
        try:
            return listener.accept()
        except BlockingIOError:
            continue  # it has gone again


class SequentialServer:
    """Accepts clients, and serves one after the other."""

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

    def __enter__(self) -> "SequentialServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.server_close()

    def serve_forever(self) -> None:
        anyio.run(self.accept_clients)

    async def accept_clients(self) -> None:
        self.socket.setblocking(False)
        while True:
            try:
                client, address = await accept_socket(self.socket)
            except OSError:
                await anyio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                continue
            await self.serve_client(client, address)

    async def serve_client(self, client: Any, address: Any) -> None:
        try:
            # Not before: on asyncio, a stream reads ahead without a bound until somebody receives.
            async with await anyio.abc.SocketStream.from_socket(client) as stream:
                await self.RequestHandlerClass(stream, address, self).handle()
        except Exception:
            self.handle_error(client, address)
            client.close()  # when it had gone before it had a stream

    def handle_error(self, request: Any, client_address: Any) -> None:
        print("-" * 40, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print("-" * 40, file=sys.stderr)


class Handler(ClientHandler):
    async def handle(self):
        sock = self.request
        while True:
            try:
                data = await receive(sock, 1024)
            except (ConnectionResetError, anyio.BrokenResourceError):
                break
            if not data:
                break
            await sock.send(data.upper())


SequentialServer.allow_reuse_address = True
SequentialServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
