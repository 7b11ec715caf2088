import contextlib
import signal
import socket
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Callable
from threading import Thread
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


class SocketFile:
    """The file that a socket's makefile gave: lines with their LF, the last one perhaps without; b"" at the end of input."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self._stream = stream
        self._input = bytearray()
        self._output = bytearray()

    async def readline(self, limit: int = -1) -> bytes:
        searched = 0
        while not (end := self._input.find(b"\n", searched) + 1):
            searched = len(self._input)
            if 0 <= limit <= searched or not await self._more():
                end = len(self._input)
                break
        return self._take(end if limit < 0 else min(end, limit))

    async def read(self, size: int = -1) -> bytes:
        if size < -1:
            raise ValueError("read length must be non-negative or -1")
        while (size < 0 or len(self._input) < size) and await self._more():
            pass
        return self._take(len(self._input) if size < 0 else size)

    async def read1(self) -> bytes:
        """What there is, as soon as there is something; b"" at the end of input."""
        if not self._input:
            await self._more()
        return self._take(len(self._input))

    async def write(self, data: bytes) -> int:
        self._output += data
        if len(self._output) > 8192:  # as io.DEFAULT_BUFFER_SIZE
            await self.flush()
        return len(data)

    async def flush(self) -> None:
        data, self._output = bytes(self._output), bytearray()
        if data:
            await self._stream.send(data)

    async def close(self) -> None:
        await self.flush()

    async def _more(self) -> bool:
        data = await receive(self._stream, 65536)
        self._input += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._input[:size])
        del self._input[:size]
        return taken

    def __aiter__(self) -> "SocketFile":
        return self

    async def __anext__(self) -> bytes:
        if line := await self.readline():
            return line
        raise StopAsyncIteration

    async def __aenter__(self) -> "SocketFile":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()


class ClientHandler:
    """The conversation with one client."""

    def __init__(self, request: anyio.abc.SocketStream, client_address: Any, server: Any) -> None:
        self.request = request
        self.client_address, self.server = client_address, server
        self.rfile = SocketFile(self.request)


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


class SequentialServer:
    """Accepts clients, and serves one after the other."""

    address_family = socket.AF_INET
    allow_reuse_address = False
    request_queue_size = 5

    def __init__(self, server_address: Any, RequestHandlerClass: Callable[..., Any]) -> None:
        self.server_address, self.RequestHandlerClass = server_address, RequestHandlerClass
        self.socket = socket.socket(self.address_family, socket.SOCK_STREAM)
        self._stopping, self._stopped = False, threading.Event()
        self._wake: Callable[[], object] | None = None
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
        self._stopped.clear()
        try:
            anyio.run(self.accept_clients)
        finally:
            self._stopped.set()

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
                        with anyio.CancelScope(shield=True):
                            await self.serve_client(client, address)
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
        async for line in self.rfile:
            await self.request.send(line.upper())


class Application:
    def __init__(self, port):
        self.server = SequentialServer(("127.0.0.1", port), Handler)
        self.thread = Thread(target=self.serve, name="server", daemon=True)

    def serve(self):
        print("serving")
        self.server.serve_forever()

    def stop(self):
        self.server.shutdown()
        print("stopped")
        self.server.server_close()


application = Application(int(sys.argv[1]))
signal.signal(signal.SIGTERM, lambda number, frame: application.stop())
application.thread.start()
application.thread.join()
print("closed")
