import contextlib
import signal
import socket
import sys
import threading
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
            trio.run(self.accept_clients)
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

    async def accept_clients(self) -> None:
        listener = trio.socket.from_stdlib_socket(self.socket)
        async with client_tasks() as tasks:
            with trio.CancelScope() as accepting:
                token = trio.lowlevel.current_trio_token()
                self._wake = lambda: token.run_sync_soon(accepting.cancel)
                try:
                    while not self._stopping:
                        try:
                            client, address = await listener.accept()
                        except OSError:
                            await trio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                            continue
                        tasks.start_soon(self.serve_client, client, address)
                finally:
                    self._wake, self._stopping = None, False
                    self._stopped.set()

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


class Handler(ClientHandler):
    async def handle(self):
        while True:
            data = str(await self.request.receive_some(1024), "ascii")
            if not data:
                return
            await self.request.send_all(bytes(self.server.word + " " + data.upper(), "ascii"))


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
