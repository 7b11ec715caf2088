"""Datagrams before and after: each is a message, answered in the order of arrival, and none ends the server."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import SocketAttribute

from iomodels.contract.server import Launch, Server
from tests.guide.recipes._running import VERSIONS, run_server, script
from tests.guide.recipes._talking import altered

PATIENCE = 10.0  # seconds of silence that fail a test
LONGEST = 65507 if sys.platform == "linux" else 9216  # bytes of a datagram: RFC 768 over IPv4; net.inet.udp.maxdgram on macOS

on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a socket that is not connected (ip(7), IP_RECVERR)"
)

# The socket that a program binds hears of ICMP errors, as on Windows every one does.
HEARING = """
import runpy, socket, sys
IP_RECVERR = 11
class Hearing(socket.socket):
    def bind(self, address):
        super().bind(address)
        self.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
socket.socket = Hearing
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


ANYIO_ON_TRIO = {"else 8080)": 'else 8080, backend="trio")'}  # where what fails is told, which on asyncio it is not
ALL = [*VERSIONS, "on_anyio+trio"]


def program(version: str, directory: Path) -> str:
    """The path of a version, without its suffix."""
    if version == "on_anyio+trio":
        return altered(directory, "udp", "on_anyio", ANYIO_ON_TRIO)
    return str(script("udp", version).with_suffix(""))


@pytest.fixture(scope="module", params=ALL)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with run_server("udp", program(request.param, tmp_path_factory.mktemp("udp"))) as running:
        yield running


@contextmanager
def client(server: Server) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE)
        sock.connect((server.host, server.port))
        yield sock


def ask(sock: socket.socket, data: bytes) -> tuple[int, bytes]:
    """The number and the text of the reply."""
    sock.send(data)
    return heard(sock)


def heard(sock: socket.socket) -> tuple[int, bytes]:
    number, _, text = sock.recv(65535).partition(b" ")
    return int(number), text


def test_each_datagram_is_a_message(server: Server) -> None:
    with client(server) as sock:
        with server.stopped():  # so that all of them wait together
            for data in (b"one\ntwo", b"", b"three"):
                sock.send(data)
        assert [heard(sock)[1] for _ in range(3)] == [b"ONE\nTWO", b"", b"THREE"]


def test_they_are_answered_in_the_order_of_arrival_each_to_its_sender(server: Server) -> None:
    with client(server) as one, client(server) as two:
        first, _ = ask(one, b"first")
        with server.stopped():
            for number in range(40):
                (one, two)[number % 2].send(b"number %d" % number)
        for number in range(40):
            assert heard((one, two)[number % 2]) == (first + 1 + number, b"NUMBER %d" % number)


def test_a_long_one_comes_whole(server: Server) -> None:
    with client(server) as sock:
        assert ask(sock, b"x" * (LONGEST - 100))[1] == b"X" * (LONGEST - 100)


def test_one_whose_reply_cannot_be_sent_costs_that_reply_alone(server: Server) -> None:
    with client(server) as sock:
        first, _ = ask(sock, b"first")
        sock.send(b"x" * LONGEST)  # and the number before it: EMSGSIZE
        assert ask(sock, b"next") == (first + 2, b"NEXT")


def test_who_has_gone_costs_nobody_else(server: Server) -> None:
    with client(server) as sock:
        goes_on(server, sock)


def goes_on(server: Server, sock: socket.socket) -> None:
    """A client sends and is gone when its reply comes: its host says so with ICMP (RFC 792, port unreachable)."""
    first, _ = ask(sock, b"first")
    with client(server) as other, server.stopped():
        other.send(b"and away")
        other.close()
    assert ask(sock, b"next") == (first + 2, b"NEXT")
    assert ask(sock, b"next") == (first + 3, b"NEXT")


@on_linux
@pytest.mark.parametrize("version", ALL)
def test_an_icmp_error_that_is_heard_does_not_end_it(version: str, tmp_path: Path) -> None:
    with hearing(f"{program(version, tmp_path)}.py") as server, client(server) as sock:
        goes_on(server, sock)


@on_linux
@pytest.mark.parametrize("version", ["before", "on_trio"])
def test_an_icmp_error_that_is_not_caught_ends_the_loop(version: str, tmp_path: Path) -> None:
    naive = altered(tmp_path, "udp", version, {"except ConnectionError": "except ZeroDivisionError"})
    with hearing(f"{naive}.py") as server, client(server) as sock:
        ask(sock, b"first")
        with server.stopped():
            sock.send(b"and away")
            sock.close()
        assert server.wait(PATIENCE) == 1
        assert "ConnectionRefusedError" in server.log()


@contextmanager
def hearing(path: str) -> Iterator[Server]:
    """The program at `path`, on a socket that hears of ICMP errors."""
    server = Launch([sys.executable, "-c", HEARING, path, "0"]).start()
    try:
        yield server
    finally:
        server.stop()


# The traps.


@pytest.mark.parametrize("version", ["before", "on_trio"])
def test_a_reply_that_cannot_be_sent_ends_the_loop_where_it_is_not_caught(version: str, tmp_path: Path) -> None:
    naive = altered(tmp_path, "udp", version, {"except OSError": "except ZeroDivisionError"})
    with run_server("udp", naive) as server, client(server) as sock:
        sock.send(b"x" * LONGEST)
        assert server.wait(PATIENCE) == 1
        assert "Message too long" in server.log()


@pytest.mark.parametrize("version", ["before", "on_trio"])
def test_what_does_not_fit_is_lost_without_a_word(version: str, tmp_path: Path) -> None:
    naive = altered(tmp_path, "udp", version, {"LARGEST = 65535": "LARGEST = 8"})
    with run_server("udp", naive) as server, client(server) as sock:
        assert ask(sock, b"0123456789") == (1, b"01234567")
        assert ask(sock, b"next") == (2, b"NEXT")


def test_anyio_on_asyncio_keeps_a_hundred_datagrams_and_drops_the_oldest() -> None:
    async def scenario() -> None:
        async with await anyio.create_udp_socket(local_host="127.0.0.1") as receiver:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.connect(("127.0.0.1", receiver.extra(SocketAttribute.local_port)))
                for number in range(150):
                    sender.send(b"%d" % number)
                    await anyio.lowlevel.checkpoint()  # a turn of the loop, which reads one
                for _ in range(150):
                    await anyio.lowlevel.checkpoint()
            assert [int((await receiver.receive())[0]) for _ in range(100)] == list(range(50, 150))

    anyio.run(scenario, backend="asyncio")
