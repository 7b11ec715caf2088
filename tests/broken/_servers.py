"""Small sound servers, of `upper`. A broken one is one of them with its defect: it overrides what it does wrong."""

import os
import select
import signal
import socket
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

__all__ = ["CHUNK", "Client", "Few", "Forks", "Loop", "Marks", "Server", "Threads"]

CHUNK = 64 * 1024  # bytes asked of one receive
LULL = 0.05  # seconds without a word after which a conversation ends when the server stops
RETRY = 0.05  # seconds until accepting is tried again when it failed


class Server(ABC):
    """Listens on 127.0.0.1 and the port that is its first argument, and stops at SIGTERM or SIGINT; at the second, at once.

    bell: readable from the first signal on.
    waker: likewise, but before the handler has run: the main thread must be awake for that, and would sleep past the signal.
    """

    backlog = 512

    def __init__(self) -> None:
        self.stopping = False
        self.bell, self._ringer = os.pipe()
        self.waker, self._woken_by = os.pipe()
        self.listener = self.listen(int(sys.argv[1]))
        # Inherited by each connection (Linux): small replies in a row are not held back until the first one is acknowledged.
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        """Serve until a signal comes, and all conversations have ended."""
        self.handle_signals()
        self.say_ready()
        self.serve()

    def listen(self, port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=self.backlog)

    def handle_signals(self) -> None:
        os.set_blocking(self._woken_by, False)
        signal.set_wakeup_fd(self._woken_by, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)

    def say_ready(self) -> None:
        print(f"listening on 127.0.0.1:{self.listener.getsockname()[1]}", flush=True)

    @abstractmethod
    def serve(self) -> None:
        """Accept clients and answer them."""

    def answer(self, data: bytes) -> bytes:
        """What is to be said to what came, which is never nothing."""
        return data.upper()

    def stop(self, number: int, _: FrameType | None) -> None:
        """Take no more clients, and end the conversations."""
        if self.stopping:
            os._exit(128 + number)
        self.ring()
        self.listener.shutdown(socket.SHUT_RD)

    def ring(self) -> None:
        """Tell the conversations to end."""
        self.stopping = True
        os.write(self._ringer, b"!")


class Threads(Server):
    """A thread for each client, with blocking calls."""

    def serve(self) -> None:
        while not self.stopping:
            try:
                client = self.accept()
            except OSError:  # asked to stop, or out of descriptors
                time.sleep(RETRY * (not self.stopping))
            else:
                self.welcome(client)

    def accept(self) -> socket.socket:
        is_ready(self.listener, None, self.waker)
        client, _ = self.listener.accept()
        return client

    def welcome(self, client: socket.socket) -> None:
        try:
            self.start(client)
        except RuntimeError:  # no more threads
            client.close()

    def start(self, client: socket.socket) -> None:
        threading.Thread(target=self.attend, args=(client,)).start()

    def attend(self, client: socket.socket) -> None:
        """One client, from beginning to end."""
        with client:
            try:
                self.converse(client)
            except OSError:
                self.lose(client)

    def converse(self, client: socket.socket) -> None:
        while data := self.receive(client):
            self.send(client, self.answer(data))

    def receive(self, client: socket.socket) -> bytes:
        """What the client says next; b"" is the end, the client's or the server's."""
        if not self.stopping:
            is_ready(client, None, self.bell)
        if self.stopping and not is_ready(client, LULL):
            return b""
        return client.recv(CHUNK)

    def send(self, client: socket.socket, data: bytes) -> None:
        client.sendall(data)

    def lose(self, client: socket.socket) -> None:
        """The client has reset the connection."""


class Few(Threads):
    """Two clients at once; the others wait in the backlog."""

    def __init__(self) -> None:
        super().__init__()
        self.room = threading.Semaphore(2)

    def accept(self) -> socket.socket:
        self.room.acquire()
        try:
            return super().accept()
        except OSError:
            self.room.release()
            raise

    def converse(self, client: socket.socket) -> None:
        try:
            super().converse(client)
        finally:
            self.room.release()


class Marks(Threads):
    """`upper-sb`: each chunk is marked."""

    def answer(self, data: bytes) -> bytes:
        return super().answer(data) + b"_SB"


def is_ready(sock: socket.socket, seconds: float | None, *others: int) -> bool:
    """Wait so long for something to come in, or for one of the other descriptors; whether it did."""
    poller = select.poll()
    for descriptor in (sock.fileno(), *others):
        poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(None if seconds is None else seconds * 1000))


class Client:
    """A client of a loop: what it is owed, and whether it has sent FIN."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.descriptor = connection.fileno()
        self.owed = bytearray()
        self.ended = False


class Loop(Server):
    """One thread that waits for all with epoll, and reads no more from whom it owes more than `ahead` bytes."""

    ahead = 0
    listening: int = select.EPOLLIN

    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[int, Client] = {}
        self.poller = select.epoll()

    def serve(self) -> None:
        self.listener.setblocking(False)
        self.poller.register(self.listener, self.listening)
        self.poller.register(self.waker, select.EPOLLIN)
        while not self.stopping:
            self.turn(self.poller.poll())
        for other in (self.listener.fileno(), self.waker):
            self.poller.unregister(other)
        while self.clients:
            ready = self.poller.poll(LULL)
            for client in [client for client in self.clients.values() if not client.owed]:
                if client.descriptor not in dict(ready):
                    self.end(client)
            self.turn(ready)

    def turn(self, ready: Sequence[tuple[int, int]]) -> None:
        """Deal with what one wait has found."""
        for descriptor, events in ready:
            if descriptor == self.listener.fileno():
                self.welcome()
            elif descriptor in self.clients:
                self.attend(self.clients[descriptor], events)

    def welcome(self) -> None:
        try:
            connection, _ = self.listener.accept()
        except BlockingIOError:
            pass
        except OSError as error:
            self.pause(error)
        else:
            self.admit(connection)

    def pause(self, _: OSError) -> None:
        """Out of descriptors: accept nobody until one of them leaves."""
        self.poller.modify(self.listener, 0)

    def admit(self, connection: socket.socket) -> Client:
        connection.setblocking(False)
        client = self.clients[connection.fileno()] = Client(connection)
        self.poller.register(connection, self.wanted(client))
        return client

    def attend(self, client: Client, events: int) -> None:
        try:
            if events & ~select.EPOLLOUT:
                self.read(client)
            if client.owed:
                self.write(client)
        except BlockingIOError:
            pass
        except OSError:
            self.lose(client)
            return
        if client.ended and not client.owed:
            self.end(client)
        else:
            self.poller.modify(client.descriptor, self.wanted(client))

    def read(self, client: Client) -> None:
        data = client.connection.recv(CHUNK)
        client.owed += self.answer(data)
        client.ended = not data

    def write(self, client: Client) -> None:
        del client.owed[: client.connection.send(client.owed)]

    def wanted(self, client: Client) -> int:
        """What to wait for."""
        reads = not client.ended and len(client.owed) <= self.ahead
        return (select.EPOLLIN if reads else 0) | (select.EPOLLOUT if client.owed else 0)

    def lose(self, client: Client) -> None:
        """The client has reset the connection."""
        self.end(client)

    def end(self, client: Client) -> None:
        self.poller.unregister(client.descriptor)
        del self.clients[client.descriptor]
        client.connection.close()
        if not self.stopping:
            self.resume()

    def resume(self) -> None:
        """A descriptor has come free."""
        self.poller.modify(self.listener, self.listening)


class Forks(Server):
    """A child for each client. It is not asked to stop well: its children end at once, with it."""

    def __init__(self) -> None:
        super().__init__()
        self.children: set[int] = set()

    def handle_signals(self) -> None:
        super().handle_signals()
        signal.signal(signal.SIGCHLD, lambda *_: self.collect())

    def serve(self) -> None:
        while True:
            client, _ = self.listener.accept()
            try:
                child = os.fork()
            except OSError:  # no more processes
                client.close()
                continue
            if child == 0:
                self.attend(client)
            self.children.add(child)
            self.release(child, client)
            self.collect()  # it may have ended before it was noted

    def attend(self, client: socket.socket) -> None:
        """What a child does."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self.listener.close()
        with suppress(OSError):
            self.converse(client)
        os._exit(0)

    def converse(self, client: socket.socket) -> None:
        while data := client.recv(CHUNK):
            client.sendall(self.answer(data))

    def release(self, child: int, client: socket.socket) -> None:  # noqa: ARG002
        """The client is the child's from here on."""
        client.close()

    def collect(self) -> None:
        """Wait for the children that have ended."""
        for child in list(self.children):
            with suppress(ChildProcessError):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    self.children.discard(child)
                    self.lost(child, status)

    def lost(self, child: int, status: int) -> None:
        """A child has ended."""

    def stop(self, number: int, _: FrameType | None) -> None:  # noqa: ARG002
        for child in list(self.children):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        os._exit(0)
