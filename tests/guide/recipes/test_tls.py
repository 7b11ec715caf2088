"""TLS before and after: who says goodbye, who is cut off, and who never was a client; the others do not notice."""

import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iomodels.contract.server import TRACEBACK, Server
from tests.guide.recipes._running import VERSIONS, run_server

PATIENCE = 10.0  # seconds of silence that fail a test
RECORD = 16 * 1024
CANNOT_TELL = "on_asyncio"  # which takes a FIN for a goodbye


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that it has signed itself, beside its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    made = tmp_path_factory.mktemp("tls") / "certificate.pem"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(made.with_name("key.pem")), "-out", str(made)]
    subprocess.run(["openssl", "req", *kind, *names, *files], check=True, capture_output=True)
    return made


class Host:
    """A running server, and calls to it."""

    def __init__(self, version: str, server: Server, certificate: Path) -> None:
        self.version = version
        self.server = server
        self._context = ssl.create_default_context(cafile=certificate)
        self._calls = 0

    def plain(self) -> socket.socket:
        """A connection without TLS."""
        return socket.create_connection((self.server.host, self.server.port), PATIENCE)

    def call(self) -> ssl.SSLSocket:
        """A connection after the handshake."""
        self._calls += 1
        return self._context.wrap_socket(self.plain(), server_hostname="localhost", suppress_ragged_eofs=False)

    def serves(self) -> None:
        """A new client is served."""
        with self.call() as client:
            exchange(client)
            assert say_goodbye(client) == b""

    def tells(self, end: Callable[[ssl.SSLSocket], None]) -> bytes:
        """What the server prints about a client that ends so."""
        self._await_all_ends()
        client = self.call()
        exchange(client)
        end(client)
        return self._await_all_ends()[-1]

    def _await_all_ends(self) -> list[bytes]:
        """Wait until it has told how each client ended."""
        self.server.reaches(lambda: self._ends() == self._calls, "it does not tell how a client ended", PATIENCE)
        return self.server.rest_of_output().splitlines()

    def _ends(self) -> int:
        return self.server.rest_of_output().count(b"\n")


@pytest.fixture(scope="module", params=VERSIONS)
def host(request: pytest.FixtureRequest, certificate: Path) -> Iterator[Host]:
    with run_server("tls", request.param, str(certificate), str(certificate.with_name("key.pem"))) as running:
        yield Host(request.param, running, certificate)
        assert running.status is None, running.epitaph()
        assert TRACEBACK not in running.log()


def exchange(client: ssl.SSLSocket, request: bytes = b"hello") -> None:
    client.sendall(request)
    came = b""
    while len(came) < len(request):
        data = client.recv(RECORD)
        assert data, f"the end after {came!r}"
        came += data
    assert came == request.upper()


def say_goodbye(client: ssl.SSLSocket) -> bytes:
    """Exchange close_notify, then read to the end of the connection beneath: what still came."""
    with client.unwrap() as beneath:
        return beneath.recv(RECORD)


def leave(client: ssl.SSLSocket) -> None:
    with client:
        say_goodbye(client)


def end_the_connection(client: ssl.SSLSocket) -> None:
    """FIN without close_notify: what a proxy that dies does, or somebody in between."""
    client.close()


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_what_comes_goes_back(host: Host) -> None:
    with host.call() as client:
        for size in (1, RECORD, 5 * RECORD):
            exchange(client, b"x" * size)
        assert say_goodbye(client) == b""


def test_a_goodbye_is_a_goodbye_and_is_answered(host: Host) -> None:
    assert host.tells(leave) == b"goodbye"


def test_a_fin_without_one_is_a_cut_but_not_to_asyncio(host: Host) -> None:
    assert host.tells(end_the_connection) == (b"goodbye" if host.version == CANNOT_TELL else b"cut")
    host.serves()


def test_a_reset_is_a_cut(host: Host) -> None:
    assert host.tells(reset) == b"cut"
    host.serves()


@pytest.mark.parametrize("words", [b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01"], ids=["nothing", "http", "half-a-hello"])
def test_who_does_not_speak_tls_harms_nobody(host: Host, words: bytes) -> None:
    with host.call() as other:
        exchange(other)
        with host.plain() as stranger:
            stranger.sendall(words)
        stranger = host.plain()
        stranger.sendall(words)
        reset(stranger)
        exchange(other)
        host.serves()
        assert say_goodbye(other) == b""


def test_who_connects_and_says_nothing_holds_nobody_up(host: Host) -> None:
    with host.plain():
        host.serves()


def test_the_naive_server_is_ended_by_one_who_does_not_speak_tls(certificate: Path) -> None:
    with run_server("tls", "naive", str(certificate), str(certificate.with_name("key.pem"))) as server:
        host = Host("naive", server, certificate)
        with host.call() as other:
            exchange(other)
            with host.plain() as stranger:
                stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
                assert server.wait(PATIENCE) == 1
            assert "BrokenResourceError" in server.log()
