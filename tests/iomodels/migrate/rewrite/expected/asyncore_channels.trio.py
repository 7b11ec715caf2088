import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator
from typing import Any

import trio


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


class Channel:
    """A client: its task calls `handle_read` for as long as it is connected."""

    def __init__(self, sock: Any) -> None:
        self.socket, self.connected = sock, True
        try:
            self.addr = sock.getpeername()
        except OSError:
            self.addr = None  # it has gone already

    async def recv(self, size: int) -> bytes:
        """At most size bytes; b"" at the end of input, and then `handle_close` has been called."""
        try:
            data = bytes(await self.stream.receive_some(size))
        except trio.BrokenResourceError:
            data = b""
        if not data:
            self.handle_close()
        return data

    async def send(self, data: bytes) -> int:
        """Send all of it, and say how many bytes that was; 0 when the peer has gone, after `handle_close`."""
        try:
            await self.stream.send_all(data)
        except trio.BrokenResourceError:
            self.handle_close()
            return 0
        return len(data)

    def close(self) -> None:
        self.connected = False  # the task closes it

    def handle_close(self) -> None:
        self.close()

    def handle_error(self) -> None:
        traceback.print_exc()
        self.handle_close()

    async def handle_read(self) -> None:
        raise NotImplementedError

    async def serve(self) -> None:
        async with socket_buffered(trio.SocketStream(self.socket)) as self.stream:
            while self.connected:
                try:
                    await self.handle_read()
                except Exception:
                    self.handle_error()


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


class Listener:
    """Accepts clients; each has a channel, and the channel a task."""

    def create_socket(self, family: int = socket.AF_INET, type: int = socket.SOCK_STREAM) -> None:
        self.socket = socket.socket(family, type)
        self.socket.setblocking(False)

    def set_reuse_addr(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def bind(self, address: Any) -> None:
        self.socket.bind(address)

    def listen(self, backlog: int) -> None:
        self.socket.listen(backlog)

    def close(self) -> None:
        self.socket.close()

    def start(self, channel: Any) -> Any:
        """Let a task serve a channel."""
        self.tasks.start_soon(channel.serve)
        return channel

    async def serve_clients(self) -> None:
        listener = trio.socket.from_stdlib_socket(self.socket)
        async with daemon_tasks() as self.tasks:
            while True:
                try:
                    sock, address = await listener.accept()
                except OSError:
                    await trio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                    continue
                try:
                    self.handle_accepted(sock, address)
                except Exception:
                    traceback.print_exc()


class EchoHandler(Channel):
    async def handle_read(self):
        data = await self.recv(8192)
        if data:
            await self.send(data)

    def handle_close(self):
        print("gone", self.addr)
        self.close()


class EchoServer(Listener):

    def __init__(self, host, port):
        Listener.__init__(self)
        self.create_socket(socket.AF_INET, socket.SOCK_STREAM)
        self.set_reuse_addr()
        self.bind((host, port))
        self.listen(5)

    def handle_accepted(self, sock, addr):
        print("from", addr)
        handler = self.start(EchoHandler(sock))


server = EchoServer("localhost", int(sys.argv[1]))
# for ever
trio.run(server.serve_clients)
