import contextlib
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Callable
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

    def setup(self) -> None:
        pass

    def finish(self) -> None:
        pass

    async def handle(self) -> None:
        pass

    async def run(self) -> None:
        self.setup()
        try:
            await self.handle()
        finally:
            self.finish()


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


async def accept_socket(listener: socket.socket) -> tuple[socket.socket, Any]:
    """Wait for a client; its socket, and its address."""
    while True:
        await anyio.wait_readable(listener)
        try:
            return listener.accept()
        except BlockingIOError:
            continue  # it has gone again


class TaskServer:
    """Accepts clients, and serves each in a task."""

    address_family = socket.AF_INET
    allow_reuse_address = False
    request_queue_size = 5

    def __init__(self, server_address: Any, RequestHandlerClass: Callable[..., Any]) -> None:
        self.server_address, self.RequestHandlerClass = server_address, RequestHandlerClass
        self.socket = socket.socket(self.address_family, socket.SOCK_STREAM)
        self._stopping = False
        self._woken, self._waker = socket.socketpair()
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
        anyio.run(self.accept_clients)

    def shutdown(self) -> None:
        """End serve_forever: from another thread, a signal handler, or a task. It does not wait for that."""
        stopping, self._stopping = self._stopping, True
        if not stopping:
            self._waker.send(b"x")

    async def wait_for_shutdown(self, accepting: anyio.CancelScope) -> None:
        await anyio.wait_readable(self._woken)
        accepting.cancel()

    async def accept_clients(self) -> None:
        self.socket.setblocking(False)
        async with daemon_tasks() as tasks:
            with anyio.CancelScope() as accepting:
                tasks.start_soon(self.wait_for_shutdown, accepting)
                while not self._stopping:
                    try:
                        client, address = await accept_socket(self.socket)
                    except OSError:
                        await anyio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                        continue
                    if self.verify_request(client, address):
                        tasks.start_soon(self.serve_client, client, address)
                    else:
                        client.close()

    async def serve_client(self, client: Any, address: Any) -> None:
        try:
            # Not before: on asyncio, a stream reads ahead without a bound until somebody receives.
            async with await anyio.abc.SocketStream.from_socket(client) as stream:
                await self.RequestHandlerClass(stream, address, self).run()
        except Exception:
            try:
                self.handle_error(client, address)
            except Exception:
                traceback.print_exc()  # not further: it ended a thread, and would end the server
            client.close()  # when it had gone before it had a stream

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        print("-" * 40, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print("-" * 40, file=sys.stderr)


class Handler(ClientHandler):
    def setup(self):
        self.request.extra(anyio.abc.SocketAttribute.raw_socket).setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def handle(self):
        try:
            while (chunk := await receive(self.request, 16 * 1024)) != b"":
                await self.request.send(chunk.upper())
        except (ConnectionResetError, BrokenPipeError, anyio.BrokenResourceError):
            pass

    def finish(self):
        self.server.count()


class Server(TaskServer):
    request_queue_size = 64
    friends = ("127.0.0.1",)

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.served = 0

    def count(self):
        self.served += 1

    def verify_request(self, request, client_address):
        return client_address[0] in self.friends

    def handle_error(self, request, client_address):
        sys.stderr.write("%s: %s\n" % (client_address[0], sys.exc_info()[1]))


def main():
    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)

    def stop(signum, frame):
        server.shutdown()

    signal.signal(signal.SIGTERM, stop)
    try:
        server.serve_forever()
    finally:
        server.server_close()
    print(server.served)


main()
