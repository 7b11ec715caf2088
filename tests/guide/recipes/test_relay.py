"""The relay before and after: what either end says arrives at the other, its bytes, its FIN and, as well as can be, its RST."""

import select
import socket
from collections.abc import Iterator

import pytest

from iomodels.contract.client import Client, End
from iomodels.contract.server import TRACEBACK, Server, free_port
from tests.guide.recipes._running import VERSIONS, run_server

PATIENCE = 10.0  # seconds of silence that fail a test
MIB = 1024 * 1024
FLOOD = 64 * MIB  # far more than the kernel holds for two connections
WORDS = b"there and back again " * 10_000


class Relay:
    """A relay, and the listener behind it."""

    def __init__(self, server: Server, behind: socket.socket) -> None:
        self.server = server
        self._behind = behind

    def pair(self, *, small: bool = False) -> tuple[Client, Client]:
        """A client, and the end of the server behind that the relay connects it to. small: with small buffers."""
        near = socket.socket()
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF) if small else ():
            near.setsockopt(socket.SOL_SOCKET, option, 64 * 1024)
        near.connect((self.server.host, self.server.port))
        far, _ = self._behind.accept()
        return Client(near, PATIENCE), Client(far, PATIENCE)

    def carries(self) -> None:
        """A new pair is served."""
        client, server = self.pair()
        with client, server:
            client.send(b"ping")
            server.expect(b"ping")
            server.send(b"pong")
            client.expect(b"pong")
            client.half_close()
            server.expect_fin()
            server.half_close()
            client.expect_fin()


@pytest.fixture(scope="module", params=VERSIONS)
def relay(request: pytest.FixtureRequest) -> Iterator[Relay]:
    with socket.create_server(("127.0.0.1", 0)) as behind:
        behind.settimeout(PATIENCE)
        with run_server("relay", request.param, str(behind.getsockname()[1])) as running:
            yield Relay(running, behind)
            assert running.status is None, running.epitaph()
            assert TRACEBACK not in running.log()


def test_both_speak_as_they_like(relay: Relay) -> None:
    client, server = relay.pair()
    with client, server:
        server.send(b"220 hello\n")
        client.expect(b"220 hello\n")
        client.send(b"HELO\n")
        server.expect(b"HELO\n")


def test_much_goes_both_ways_at_once(relay: Relay) -> None:
    client, server = relay.pair()
    with client, server:
        carry(client, server, WORDS * 40, WORDS.upper() * 40)


def test_the_client_says_fin_and_is_answered(relay: Relay) -> None:
    client, server = relay.pair()
    with client, server:
        client.send(b"how much is it?\n")
        client.half_close()
        assert server.read_to_end() == (b"how much is it?\n", End.FIN)
        server.send(WORDS)
        server.half_close()
        assert client.read_to_end() == (WORDS, End.FIN)


def test_the_server_says_fin_and_goes_on_reading(relay: Relay) -> None:
    client, server = relay.pair()
    with client, server:
        server.send(b"go ahead\n")
        server.half_close()
        assert client.read_to_end() == (b"go ahead\n", End.FIN)
        client.send(WORDS)
        client.half_close()
        assert server.read_to_end() == (WORDS, End.FIN)


def test_what_is_pending_goes_before_the_fin(relay: Relay) -> None:
    client, server = relay.pair(small=True)
    with client, server:
        sent = server.fill(WORDS, FLOOD)
        server.half_close()
        assert client.read_to_end() == ((WORDS * (sent // len(WORDS) + 1))[:sent], End.FIN)


def test_a_reset_of_the_client_reaches_the_server(relay: Relay) -> None:
    client, server = relay.pair()
    with server:
        client.send(b"hello")
        server.expect(b"hello")
        client.reset()
        assert server.read_to_end() == (b"", End.RST)
    relay.carries()


def test_a_reset_of_the_server_reaches_the_client(relay: Relay) -> None:
    client, server = relay.pair()
    with client:
        client.send(b"hello")
        server.expect(b"hello")
        server.reset()
        assert client.read_to_end() == (b"", End.RST)
    relay.carries()


def test_a_reset_after_a_fin_reaches_the_one_who_still_speaks(relay: Relay) -> None:
    client, server = relay.pair(small=True)
    with server:
        client.half_close()
        server.expect_fin()
        server.fill(WORDS, FLOOD)
        client.reset()
        assert server.ready(0, PATIENCE) & select.POLLERR  # its next send fails; a read would still say FIN
    relay.carries()


@pytest.mark.parametrize("who", ["client", "server"])
def test_who_sends_to_one_that_does_not_read_is_made_to_wait(relay: Relay, who: str) -> None:
    client, server = relay.pair(small=True)
    sender, receiver = (client, server) if who == "client" else (server, client)
    with sender, receiver:
        taken = sender.fill(WORDS, FLOOD)
        assert taken < FLOOD
        relay.carries()  # others are not held up
        assert receiver.receive(taken) == (WORDS * (taken // len(WORDS) + 1))[:taken]


def test_where_nobody_listens_behind_the_client_is_reset() -> None:
    for version in VERSIONS:
        with run_server("relay", version, str(free_port())) as server:
            for _ in range(2):
                with Client(socket.create_connection((server.host, server.port)), PATIENCE) as client:
                    assert client.read_to_end() == (b"", End.RST), version


def test_the_naive_relay_loses_the_reply_to_who_says_fin() -> None:
    with socket.create_server(("127.0.0.1", 0)) as behind:
        behind.settimeout(PATIENCE)
        with run_server("relay", "naive", str(behind.getsockname()[1])) as running:
            client, server = Relay(running, behind).pair()
            with client, server:
                client.send(b"how much is it?\n")
                client.half_close()
                server.read_to_end()
                server.send(b"12\n")
                assert client.read_to_end()[0] == b""


def carry(client: Client, server: Client, there: bytes, back: bytes) -> None:
    """Send both at once, and read both: neither end waits for the other to finish."""
    poller = select.poll()
    unsent = {client: memoryview(there), server: memoryview(back)}
    came = {client: bytearray(), server: bytearray()}
    for end in (client, server):
        poller.register(end, select.POLLIN | select.POLLOUT)
    while len(came[server]) < len(there) or len(came[client]) < len(back):
        ready = dict(poller.poll(PATIENCE * 1000))
        assert ready, "silence"
        for end in (client, server):
            events = ready.get(end.fileno(), 0)
            if events & select.POLLIN:
                data = end.receive_some()
                assert data, f"FIN after {len(came[end]):,} bytes"
                came[end] += data
            if events & select.POLLOUT:
                unsent[end] = unsent[end][end.offer(unsent[end]) :]
                poller.modify(end, select.POLLIN | (select.POLLOUT if unsent[end] else 0))
    assert came == {client: back, server: there}
