import contextlib
import signal
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
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


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
        self._stopping = False
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

    def __enter__(self) -> "TaskServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.server_close()

    def serve_forever(self) -> None:
        trio.run(self.accept_clients)

    def shutdown(self) -> None:
        """End serve_forever: from another thread, a signal handler, or a task. It does not wait for that."""
        self._stopping = True
        wake, self._wake = self._wake, None  # once: the next signal may come while this one's handler wakes the loop
        if wake is not None:
            wake()

    async def accept_clients(self) -> None:
        listener = trio.socket.from_stdlib_socket(self.socket)
        async with daemon_tasks() as tasks:
            with trio.CancelScope() as accepting:
                token = trio.lowlevel.current_trio_token()
                self._wake = lambda: token.run_sync_soon(accepting.cancel)
                while not self._stopping:
                    try:
                        client, address = await listener.accept()
                    except OSError:
                        await trio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                        continue
                    if self.verify_request(client, address):
                        tasks.start_soon(self.serve_client, client, address)
                    else:
                        client.close()
            self._wake = None

    async def serve_client(self, client: Any, address: Any) -> None:
        try:
            async with socket_buffered(trio.SocketStream(client)) as stream:
                await self.RequestHandlerClass(stream, address, self).run()
        except Exception:
            try:
                self.handle_error(client, address)
            except Exception:
                traceback.print_exc()  # not further: it ended a thread, and would end the server

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        print("-" * 40, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print("-" * 40, file=sys.stderr)


class Handler(ClientHandler):
    def setup(self):
        self.request.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def handle(self):
        try:
            while (chunk := await self.request.receive_some(16 * 1024)) != b"":
                await self.request.send_all(chunk.upper())
        except (ConnectionResetError, BrokenPipeError, trio.BrokenResourceError):
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
