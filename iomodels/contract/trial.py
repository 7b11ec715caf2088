"""One case on one server: what a case has to work with."""

import dataclasses
import errno
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.client import Client
from iomodels.contract.dialects import DIALECTS, Dialect
from iomodels.contract.profile import Profile
from iomodels.contract.server import Launch, Server, Usage

__all__ = ["DYING", "KIB", "MIB", "Trial"]

KIB = 1024
MIB = 1024 * KIB
DYING = 0.5  # seconds in which a server that has dropped its clients must have ended, if that is why
LOOK = 0.01  # seconds between two attempts to connect
MEANWHILE = 100  # exchanges with each client that is inside, while others may come in
FULL_LOOK = 0.3  # seconds without an answer to a SYN after which the backlog is full: the kernel repeats it after one second


class Trial:
    """What a case has to work with. All that it opens is closed after the case.

    address: (host, port) of the server under test, which other cases have used before and will use after; (path, 0) for Unix.
    profile: what this server may do differently.
    dialect: the client's side of the service.
    patience: seconds of silence after which a wait fails.
    """

    def __init__(
        self,
        address: tuple[str, int],
        dialect: Dialect,
        profile: Profile,
        *,
        server: Server | None = None,
        launch: Launch | None = None,
        baseline: Usage | None = None,
        patience: float = 10.0,
        wait: float = 10.0,
    ) -> None:
        self.address = address
        self.dialect = dialect
        self.profile = profile
        self.patience = patience
        self.baseline = baseline
        self._server = server
        self._launch = launch
        self._wait = wait
        self._stack = ExitStack()
        self._others: list[Server] = []

    def close(self) -> None:
        """Close all that the case opened, the servers it started included."""
        self._stack.close()

    # The server.

    @property
    def server(self) -> Server:
        """The server under test as a process: for cases with NEEDS = {"process"}."""
        assert self._server is not None, "the case forgot NEEDS = {'process'}"
        return self._server

    @property
    def launch(self) -> Launch:
        """How the server is started: for cases with NEEDS = {"process"}."""
        assert self._launch is not None, "the case forgot NEEDS = {'process'}"
        return self._launch

    def another(self, *options: str, port: int | None = None, before: Sequence[str] = ()) -> "Trial":
        """The same server started anew, for the case alone: to stop it, limit it or give it options (NEEDS "flags").

        port: the one to listen on. before: words to put before its command, such as `nice`. Raises ServerError when it does not
        start.
        """
        if port is not None and not self.launch.takes_port:
            raise NotApplicable("its command has no {port}, so it cannot be told where to listen")
        launch = dataclasses.replace(self.launch, command=[*before, *self.launch.command])
        server = launch.start(*options, wait=self._wait, port=port)
        self._stack.callback(server.kill)  # nobody is left to whom it should be polite
        self._others.append(server)
        other = Trial(
            (server.host, server.port),
            self.dialect,
            self.profile,
            server=server,
            launch=self._launch,
            patience=self.patience,
            wait=self._wait,
        )
        self._stack.callback(other.close)
        return other

    def obituary(self) -> str:
        """Of the servers that the case started anew, how those ended that did not end well; "" when there are none."""
        for other in self._others:
            with suppress(Broken):  # it lives
                other.wait(DYING)
        return "".join(f"\nthe server that the case started ended: {other.epitaph()}" for other in self._others if other.status)

    def short_of_descriptors(self, spare: int) -> "Trial":
        """The same server started anew, allowed about `spare` descriptors more than it needs (RLIMIT_NOFILE, getrlimit(2)).

        The limit is set before it starts: io_uring's accept, once submitted, keeps to the limit of that moment.
        """
        most = self.server.highest_descriptor() + 1 + spare
        other = self.another(before=["sh", "-c", f'ulimit -n {most} && exec "$@"', "sh"])
        other.is_well()
        return other

    def send_stop(self, seconds: float) -> bool:
        """Send SIGTERM, and wait at most so long until the server has acted on it; whether it refuses new clients by then."""
        self.server.signal(signal.SIGTERM)
        give_up = time.monotonic() + seconds
        while not self.is_refused():
            if time.monotonic() > give_up:
                return False
            time.sleep(LOOK)
        return True

    def begin_stop(self) -> None:
        """Send SIGTERM to a server that must go on for a while, and refuse new clients."""
        if not self.send_stop(self.patience):
            raise Broken(f"the server still takes new clients {self.patience:g} s after SIGTERM")
        if self.server.status is not None:
            raise NotApplicable(f"its first SIGTERM ends it, whatever it owes: {self.server.epitaph()}")

    # Clients.

    def connect(
        self, *, receive_buffer: int | None = None, send_buffer: int | None = None, no_delay: bool = False, raw: bool = False
    ) -> Client:
        """A client of the server. Buffers (in bytes) are fixed before connecting, so that few bytes fill them.

        raw: what comes is not decoded, but compared as it came.
        """
        connection, address = self._caller()
        for option, size in ((socket.SO_RCVBUF, receive_buffer), (socket.SO_SNDBUF, send_buffer)):
            if size is not None:
                connection.setsockopt(socket.SOL_SOCKET, option, size)
        if no_delay:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(address)
        return Client(connection, self.patience, bytes if raw else self.dialect.decoder())

    def crowd(self, count: int) -> list[Client]:
        """`count` clients, connected one after the other."""
        return [self.connect() for _ in range(count)]

    def rush(self, count: int) -> list[Client]:
        """`count` clients that begin to connect in one instant; POLLOUT tells when one has, and `send` waits for that."""
        clients = []
        for _ in range(count):
            connection, address = self._caller()
            connection.setblocking(False)
            if (error := connection.connect_ex(address)) not in (0, errno.EINPROGRESS):
                raise OSError(error, os.strerror(error))
            clients.append(Client(connection, self.patience, self.dialect.decoder()))
        return clients

    def press(self, most: int) -> list[Client]:
        """`most` clients, or as many of them as find room in a server, and in its backlog, until both are full."""
        inside: list[Client] = []
        in_vain = 0
        while len(inside) < most and in_vain < 2:  # once may be bad luck: it was about to accept
            client = self.rush(1)[0]
            if client.ready(select.POLLOUT, FULL_LOOK):
                inside.append(client)
                in_vain = 0
            else:
                client.close()
                in_vain += 1
        return inside

    def stuck(self) -> Client:
        """A client that was served, then sends until the server takes no more, and reads nothing: its conversation is stuck."""
        client = self.connect(receive_buffer=4 * KIB)
        client.exchange(*self.talk(64))  # who waits to be accepted is stuck too, but nobody's concern
        client.fill(self.talk(256 * KIB)[0], 64 * MIB)
        return client

    def is_refused(self) -> bool:
        """Whether a new client is turned away by the kernel: nobody listens."""
        caller, address = self._caller()
        with caller:
            return caller.connect_ex(address) in (errno.ECONNREFUSED, errno.ECONNRESET)

    def _caller(self) -> tuple[socket.socket, tuple[str, int] | str]:
        """A socket that suits the server's address, and that address as `connect` wants it."""
        host = self.address[0]
        on_disk = host.startswith("/")
        caller = socket.socket(socket.AF_UNIX if on_disk else socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._stack.callback(caller.close)
        caller.settimeout(self.patience)
        return caller, host if on_disk else self.address

    def talk(self, size: int, tag: int = 0) -> tuple[bytes, bytes]:
        """About `size` bytes of requests, and their replies; see `Dialect.talk`."""
        return self.dialect.talk(size, tag)

    def is_well(self) -> None:
        """A new client is served: the server has got past whatever came before. Broken when it has not."""
        request, reply = self.talk(64, tag=7)
        with self.connect() as client:
            client.exchange(request, reply)
            client.half_close()
            client.expect_fin()

    def serve_meanwhile(self, clients: Sequence[Client]) -> None:
        """Exchange with each of these again and again: who is still unanswered after that, the server has no room for."""
        for number in range(MEANWHILE):
            for client in clients:
                client.exchange(*self.talk(64, tag=number))

    @contextmanager
    def bystander(self) -> Iterator[Client]:
        """A client that is served before, and must be served after, what the block does. Needs room for two."""
        self.needs_room_for(2)
        client = self.connect()
        client.exchange(*self.talk(64, tag=11))
        yield client
        client.exchange(*self.talk(64, tag=12))
        client.half_close()
        client.expect_fin()

    @contextmanager
    def witness(self) -> Iterator[None]:
        """What the block does to the server harms nobody: a bystander, where there is room for one, nor a newcomer."""
        if self.profile.holds(2):
            with self.bystander():
                yield
        else:
            yield
        self.is_well()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What the block does reaches the server in one turn, if it can be stopped meanwhile; elsewhere it is only quick."""
        with self._server.stopped() if self._server is not None else nullcontext():
            yield

    def inode(self, client: Client) -> int:
        """The inode of the server's end of a connection, by which `Server.holders` finds who has it open."""
        end = client.far_end()
        if end is None:
            raise NotApplicable("the kernel does not tell about the server's end of a connection (sock_diag(7))")
        return end.inode

    # When a case does not apply.

    def room(self, most: int) -> int:
        """How many conversations to hold at once: `most`, or as many as the model holds."""
        capacity = self.profile.capacity
        return min(most, capacity) if isinstance(capacity, int) else most

    def needs_room_for(self, count: int) -> None:
        """The case needs `count` conversations at once: not applicable to a model that holds fewer."""
        if not self.profile.holds(count):
            raise NotApplicable(f"needs {count} conversations at once, and the model holds {self.profile.capacity}")

    def stack(self, close: Callable[[], object]) -> None:
        """Have `close` called after the case."""
        self._stack.callback(close)


def dialect(name: str) -> Dialect:
    """The client's side of the service `name`."""
    return DIALECTS[name]


def on_linux() -> bool:
    return sys.platform == "linux"
