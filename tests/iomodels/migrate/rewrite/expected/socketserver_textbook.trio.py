import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any

import trio


class SocketFile:
    """The file that a socket's makefile gave: lines with their LF, the last one perhaps without; b"" at the end of input."""

    def __init__(self, stream: trio.SocketStream) -> None:
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
            await self._stream.send_all(data)

    async def close(self) -> None:
        await self.flush()

    async def _more(self) -> bool:
        data = await self._stream.receive_some(65536)
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


class AsyncClientHandler:
    """The conversation with one client."""

    def __init__(self, request: trio.SocketStream, client_address: Any, server: Any) -> None:
        self.request = request
        self.client_address, self.server = client_address, server
        self.rfile = SocketFile(self.request)


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


class ClientHandler(AsyncClientHandler):

    async def handle(self):
        # self.rfile is like a file
        self.data = (await self.rfile.readline()).strip()
        print("{} wrote:".format(self.client_address[0]))
        print(self.data)
        # and so is self.wfile
        await self.request.send_all(self.data.upper())


if __name__ == "__main__":
    HOST, PORT = "localhost", 9999

    # Create the server
    with TaskServer((HOST, PORT), ClientHandler) as server:
        # until Ctrl-C
        server.serve_forever()
