"""An echo server on socketserver, with a thread for each client."""

import asyncio
import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any


class ClientHandler:
    """The conversation with one client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client_address: Any, server: Any) -> None:
        self.reader, self.writer = reader, writer
        self.client_address, self.server = client_address, server


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    async with asyncio.TaskGroup() as tasks:
        try:
            yield tasks
        except Exception as error:
            ended = error
    if ended is not None:
        raise ended


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
        asyncio.run(self.accept_clients())

    async def accept_clients(self) -> None:
        loop = asyncio.get_running_loop()
        self.socket.setblocking(False)
        async with client_tasks() as tasks:
            while True:
                try:
                    client, address = await loop.sock_accept(self.socket)
                except OSError:
                    await asyncio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                    continue
                tasks.create_task(self.serve_client(client, address))

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


class Echo(ClientHandler):
    async def handle(self):
        while True:
            data = await self.reader.read(4096)
            if not data:
                break
            self.writer.write(data.upper())
            await self.writer.drain()


with TaskServer(("127.0.0.1", int(sys.argv[1])), Echo) as server:
    server.serve_forever()
