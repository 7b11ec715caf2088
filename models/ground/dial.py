"""What the programs that call a server share: the options that say where it is, connecting, and one clear line when it fails.

`with one_line(describe(address)):` is what such a program runs in: a server that refuses, resets or is silent for too long
costs one line and exit status 1, Ctrl-C costs status 130 (as in a shell, 128 + SIGINT), and neither a traceback.
"""

import argparse
import errno
import inspect
import os
import select
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from models.ground.listener import describe
from models.ground.program import INT_MAX, Parser, fail, port_number, positive, program_name, seconds, socket_path
from models.ground.terminal import TerminalError

__all__ = [
    "FAILED",
    "IDLE",
    "TIMEOUT",
    "Address",
    "ConnectError",
    "Connection",
    "Pooled",
    "address_of",
    "caller_parser",
    "client_parser",
    "connect",
    "describe",
    "one_line",
    "pool_parser",
    "reaching",
    "refuse_oneself",
    "to_send",
]

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT
TIMEOUT = 10.0  # seconds: longer than any server of ours needs, shorter than a person's patience
IDLE = 30.0  # seconds after which an unused connection is closed: before the server does so, commonly after 60, in mid-request
LONGEST = INT_MAX // 1000  # seconds: poll(2), in which a socket with a timeout sleeps, counts milliseconds in an int

Address = tuple[str, int] | str  # host and port, or the path of a Unix socket


class ConnectError(OSError):
    """There is no connection to be had; its text is one sentence for the user."""


class Socket(Protocol):
    """A socket, whoever has wrapped it."""

    def fileno(self) -> int: ...

    def getsockname(self) -> Any: ...

    def getpeername(self) -> Any: ...

    def close(self) -> None: ...


S = TypeVar("S", bound=Socket)


class Pooled(Generic[S]):
    """A connection that a pool keeps and lends.

    whole: the last reply came to its end and nothing came after it; only then may the connection be lent to somebody else.
    """

    def __init__(self, sock: S) -> None:
        self.socket = sock
        self.whole = True

    def is_quiet(self) -> bool:
        """Whether there is nothing to read at this moment: no end, no error, no word that nobody asked for."""
        poller = select.poll()  # not recv with MSG_PEEK | MSG_DONTWAIT: on a socket with a timeout Python waits before it calls
        poller.register(self.socket, select.POLLIN)
        return not poller.poll(0)

    def close(self) -> None:
        """Close it."""
        self.socket.close()


class Connection(Pooled[socket.socket]):
    """A line out, a line back, with blocking calls."""

    def ask(self, line: bytes) -> bytes:
        """Send a line, return the one that comes back. Raises OSError."""
        self.whole = False
        self.socket.sendall(line)
        reply = bytearray()
        while b"\n" not in reply:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionResetError("it ended before its reply did")
            reply += data
        self.whole = reply.index(b"\n") == len(reply) - 1
        return bytes(reply)


def caller_parser() -> Parser:
    """A parser with the options that say where the server is, and how long to wait for it."""
    parser = Parser(
        prog=program_name(),
        description=inspect.getdoc(sys.modules["__main__"]),
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="name, IPv4 or IPv6 address of the server (default: %(default)s)")
    add("--port", type=port_number, default=8080, help="its port (default: %(default)s)")
    add("--unix", type=socket_path, metavar="PATH", help="call a Unix socket instead")
    add(
        "--timeout",
        type=_patience,
        metavar="SECONDS",
        default=TIMEOUT,
        help="to wait for the server, when connecting and later; 0: for ever (default: %(default)g)",
    )
    return parser


def client_parser() -> Parser:
    """A caller's parser with the options of a client."""
    parser = caller_parser()
    parser.add_argument("--send", action="append", metavar="TEXT", help="send TEXT as a line, show what comes, end; repeatable")
    parser.add_argument("--no-newline", action="store_true", help="send TEXT exactly as it is")
    return parser


def to_send(options: argparse.Namespace) -> bytes:
    """What `--send` says."""
    ending = b"" if options.no_newline else b"\n"
    return b"".join(os.fsencode(text) + ending for text in options.send or [])


def pool_parser(workers: str = "tasks") -> Parser:
    """A caller's parser with the options of a client with a pool. `--threads` is called so whatever its workers are."""
    parser = caller_parser()
    for name, default, text in [
        ("requests", 200, "lines to send"),
        ("size", 4, "connections at most"),
        ("threads", 8, workers),
    ]:
        parser.add_argument(f"--{name}", type=positive, metavar="N", default=default, help=f"{text} (default: %(default)s)")
    return parser


def address_of(options: argparse.Namespace) -> Address:
    """Where the options say that the server is."""
    return str(options.unix) if options.unix else (options.host, options.port)


def connect(address: Address, timeout: float | None) -> socket.socket:
    """A connection, whose calls wait `timeout` seconds at most (None: for ever). Raises ConnectError."""
    with reaching(address, timeout):
        connection = _connect_path(address, timeout) if isinstance(address, str) else socket.create_connection(address, timeout)
        if not isinstance(address, str):
            refuse_oneself(connection)
    return connection


@contextmanager
def reaching(address: Address, timeout: float | None) -> Iterator[None]:
    """Whatever keeps a connection from being made within is a ConnectError, in the words of all who call."""
    where = f"cannot connect to {describe(address)}"
    try:
        yield
    except (TimeoutError, BlockingIOError) as error:
        raise ConnectError(f"{where}: no answer" + (f" within {timeout:g} s" if timeout else "")) from error
    except OSError as error:
        raise ConnectError(f"{where}: {error.strerror or error}") from error
    except UnicodeError as error:  # getaddrinfo cannot spell it: an empty label, or one of more than 63 bytes
        raise ConnectError(f"{where}: {address[0]!r} is not a host name") from error


def refuse_oneself(connection: Socket) -> None:
    """Where nobody listens, the free port that a caller is given may be the very one that it calls (RFC 9293, 3.5)."""
    try:
        own = connection.getsockname() == connection.getpeername()
    except OSError:  # reset already; the first use will say so
        return
    if own:
        connection.close()
        raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def _connect_path(path: str, timeout: float | None) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # A non-blocking connect does not wait for room in the backlog, it fails (connect(2), EAGAIN); SO_SNDTIMEO lets it wait.
        if timeout:
            microseconds = max(1, int(timeout * 1e6))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", *divmod(microseconds, 10**6)))
        connection.connect(path)
        connection.settimeout(timeout)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def one_line(where: str) -> Iterator[None]:
    """End the program with one line when what runs within fails, and with status 130 at Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (ConnectError, TerminalError) as error:
        fail(str(error), FAILED)
    except OSError as error:
        fail(f"{where}: {error.strerror or error}", FAILED)


def _patience(text: str) -> float | None:
    return min(seconds(text), LONGEST) or None
