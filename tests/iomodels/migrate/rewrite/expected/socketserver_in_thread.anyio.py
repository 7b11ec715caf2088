import contextlib
import signal
import socket
import sys
import threading
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
        self._stopping, self._stopped = False, threading.Event()
        self._wake: Callable[[], object] | None = None
        self._ended = threading.Event()
        self._ended.set()
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
        if not self._ended.is_set():
            self.shutdown()
        self.socket.close()
        self._ended.wait()  # for its clients, as for their threads

    def __enter__(self) -> "TaskServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.server_close()

    def serve_forever(self) -> None:
        self._ended.clear()
        self._stopped.clear()
        try:
            anyio.run(self.accept_clients)
        finally:
            self._stopped.set()
            self._ended.set()

    def shutdown(self) -> None:
        """Let serve_forever accept nobody any more, and wait until it does not: from another thread than its own."""
        self._stopping = True
        wake, self._wake = self._wake, None  # once: the next signal may come while this one's handler wakes the loop
        if wake is not None:
            with contextlib.suppress(RuntimeError, OSError):  # it has ended meanwhile
                wake()
        self._stopped.wait()

    async def wait_for_shutdown(self, woken: socket.socket, accepting: anyio.CancelScope) -> None:
        with woken:
            await anyio.wait_readable(woken)
            accepting.cancel()

    async def accept_clients(self) -> None:
        self.socket.setblocking(False)
        async with client_tasks() as tasks:
            woken, waker = socket.socketpair()
            with anyio.CancelScope() as accepting, waker:
                tasks.start_soon(self.wait_for_shutdown, woken, accepting)
                self._wake = lambda: waker.send(b"x")
                try:
                    while not self._stopping:
                        try:
                            client, address = await accept_socket(self.socket)
                        except OSError:
                            await anyio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                            continue
                        tasks.start_soon(self.serve_client, client, address)
                finally:
                    self._wake, self._stopping = None, False
                    self._stopped.set()

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
        while True:
            data = str(await receive(self.request, 1024), "ascii")
            if not data:
                return
            await self.request.send(bytes(self.server.word + " " + data.upper(), "ascii"))


class ThreadedTCPServer(TaskServer):
    allow_reuse_address = True
    word = "serving"


if __name__ == "__main__":
    server = ThreadedTCPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    with server:
        ip, port = server.server_address
        server_thread = threading.Thread(target=server.serve_forever)
        server_thread.daemon = True
        try:
            server_thread.start()
            print("Server loop running in thread:", server_thread.name)
            signal.pause()
        except KeyboardInterrupt:
            pass
        server.shutdown()
        server.word = "stopped"
    print("closed")
