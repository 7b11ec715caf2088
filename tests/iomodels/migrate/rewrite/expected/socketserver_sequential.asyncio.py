"""One client after the other."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any


class ClientHandler:
    """The conversation with one client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client_address: Any, server: Any) -> None:
        self.reader, self.writer = reader, writer
        self.client_address, self.server = client_address, server


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
        asyncio.run(self.accept_clients())

    async def accept_clients(self) -> None:
        loop = asyncio.get_running_loop()
        self.socket.setblocking(False)
        while True:
            try:
                client, address = await loop.sock_accept(self.socket)
            except OSError:
                await asyncio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                continue
            await self.serve_client(client, address)

    async def serve_client(self, client: Any, address: Any) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=client)
            writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
            with contextlib.closing(writer):
                await self.RequestHandlerClass(reader, writer, address, self).handle()
        except Exception:
            self.handle_error(client, address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        print("-" * 40, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print("-" * 40, file=sys.stderr)


class Handler(ClientHandler):
    async def handle(self):
        reader, writer = self.reader, self.writer
        while True:
            try:
                data = await reader.read(1024)
            except ConnectionResetError:
                break
            if not data:
                break
            writer.write(data.upper())
            await writer.drain()


SequentialServer.allow_reuse_address = True
SequentialServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
