import contextlib
import logging
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


class ChatChannel(Channel):
    """A client whose input is collected up to a terminator: bytes, so many bytes, or None for all that comes."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self.terminator: bytes | int | None = None
        self.input = bytearray()

    def set_terminator(self, terminator: bytes | int | None) -> None:
        self.terminator = terminator

    def get_terminator(self) -> bytes | int | None:
        return self.terminator

    async def push(self, data: bytes) -> None:
        await self.send(data)

    def close_when_done(self) -> None:
        self.close()  # what was pushed has been sent

    async def handle_read(self) -> None:
        self.input += await self.recv(65536)
        while self.input and self.connected:
            terminator = self.terminator
            if not terminator:
                self.collect_incoming_data(self.take(len(self.input)))
            elif isinstance(terminator, int):
                data = self.take(terminator)
                self.collect_incoming_data(data)
                self.terminator = terminator - len(data)
                if not self.terminator:
                    await self.found_terminator()
            elif (end := self.input.find(terminator)) >= 0:
                if end:
                    self.collect_incoming_data(self.take(end))
                self.take(len(terminator))
                await self.found_terminator()
            else:  # its end may be the beginning of the terminator
                sizes = range(min(len(terminator) - 1, len(self.input)), 0, -1)
                begun = next((size for size in sizes if self.input.endswith(terminator[:size])), 0)
                if begun < len(self.input):
                    self.collect_incoming_data(self.take(len(self.input) - begun))
                return

    def take(self, size: int) -> bytes:
        taken = bytes(self.input[:size])
        del self.input[:size]
        return taken

    def collect_incoming_data(self, data: bytes) -> None:
        raise NotImplementedError

    async def found_terminator(self) -> None:
        raise NotImplementedError


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

    def accept(self) -> Any:
        """The client that `handle_accept` is called for: its socket, and its address."""
        return self.accepted

    async def serve_clients(self) -> None:
        listener = trio.socket.from_stdlib_socket(self.socket)
        async with daemon_tasks() as self.tasks:
            while True:
                try:
                    self.accepted = await listener.accept()
                except OSError:
                    await trio.sleep(0.1)  # out of descriptors, perhaps: who waits is accepted later
                    continue
                try:
                    self.handle_accept()
                except Exception:
                    traceback.print_exc()


class Session(ChatChannel):
    """Lines, and blobs of a length."""
    def __init__(self, sock, owner):
        super().__init__(sock)
        self.owner = owner
        self.buf = b""
        self.mode = "line"
        self.set_terminator(b"\r\n")

    def collect_incoming_data(self, data):
        self.buf += data

    async def found_terminator(self):
        data, self.buf = self.buf, b""
        if self.mode == "blob":
            self.mode = "line"
            self.set_terminator(b"\r\n")
            await self.push(b"got %d %r\r\n" % (len(data), data[:5]))
            return
        if data.startswith(b"BLOB "):
            self.mode = "blob"
            self.set_terminator(int(data[5:]))
        elif data == b"QUIT":
            self.owner.quits += 1
            await self.push(b"bye %d\r\n" % self.owner.quits)
            self.close_when_done()
        elif data == b"BOOM":
            raise ValueError("boom")
        else:
            try:
                await self.push(data.swapcase() + b"\r\n")
            except socket.error as e:
                logging.error("lost %s", e)

    def handle_error(self):
        logging.exception("in session")
        self.close()

class Sessions(Listener):
    def __init__(self, host, port):
        Listener.__init__(self)
        self.quits = 0
        self.create_socket(socket.AF_INET, socket.SOCK_STREAM)
        self.set_reuse_addr()
        self.bind((host, port))
        self.listen(5)
    def handle_accept(self):
        sock, addr = self.accept()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.start(Session(sock, self))
    def run(self):
        trio.run(self.serve_clients)

if __name__ == "__main__":
    s = Sessions("127.0.0.1", int(sys.argv[1]))
    try:
        s.run()
    except KeyboardInterrupt:
        s.close()
        print("stopped", s.quits)
