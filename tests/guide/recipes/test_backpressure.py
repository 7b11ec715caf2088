"""Backpressure before and after: who does not read is made to wait, costs little, and gets all its replies when it reads."""

import socket
import sys
from collections.abc import Iterator

import pytest

from iomodels.contract.client import Client, End
from iomodels.contract.server import TRACEBACK, Server
from tests.guide.recipes._running import VERSIONS, run_server

PATIENCE = 10.0  # seconds of silence that fail a test
KIB = 1024
MIB = 1024 * KIB
FLOOD = 64 * MIB  # far more than the kernel holds for a connection
GROWTH = 4 * MIB  # as in the contract, backpressure/never-reads-stays-bounded
WORDS = b"never reads " * (16 * KIB)


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with run_server("backpressure", request.param) as running:
        yield running
        assert running.status is None, running.epitaph()
        assert TRACEBACK not in running.log()


def connect(server: Server, *, small: bool = False) -> Client:
    connection = socket.socket()
    if small:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * KIB)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * KIB)
    connection.connect((server.host, server.port))
    return Client(connection, PATIENCE)


def exchange(client: Client) -> None:
    client.exchange(b"hello", b"HELLO")


def test_all_that_is_sent_comes_back(server: Server) -> None:
    with connect(server) as client:
        client.exchange(WORDS * 40, WORDS.upper() * 40, half_close=True)
        client.expect_fin()


def test_who_never_reads_is_made_to_wait_and_gets_every_reply_when_it_reads(server: Server) -> None:
    with connect(server, small=True) as client:
        taken = client.fill(WORDS, FLOOD)
        assert taken < FLOOD
        came = client.receive(taken - taken % len(WORDS))
        assert came == WORDS.upper() * (taken // len(WORDS))
        client.half_close()
        rest = WORDS[: taken % len(WORDS)].upper()
        assert client.read_to_end() == (rest, End.FIN)


def test_others_are_served_meanwhile(server: Server) -> None:
    with connect(server) as early, connect(server, small=True) as stuck:
        exchange(early)
        assert stuck.fill(WORDS, FLOOD) < FLOOD
        exchange(early)
        with connect(server) as late:
            exchange(late)


@pytest.mark.skipif(sys.platform != "linux", reason="a server's memory is read from /proc")
def test_who_never_reads_costs_little_memory(server: Server) -> None:
    with connect(server) as client:
        client.exchange(WORDS * 5, WORDS.upper() * 5)  # what it costs to serve at all is spent now
    before = server.memory()
    with connect(server, small=True) as client:
        client.fill(WORDS, FLOOD)
        assert server.memory() - before <= GROWTH


def test_who_resets_the_connection_while_it_is_stuck_harms_nobody(server: Server) -> None:
    with connect(server) as other:
        exchange(other)
        stuck = connect(server, small=True)
        stuck.fill(WORDS, FLOOD)
        stuck.reset()
        connect(server).reset()
        exchange(other)
        with connect(server) as late:
            exchange(late)


def test_the_same_from_the_first_byte_on(server: Server) -> None:
    with server.stopped():  # so that input is there before anybody receives
        client = connect(server, small=True)
        client.offer(WORDS)
    with client:
        assert client.fill(WORDS, FLOOD) < FLOOD


def test_the_naive_version_takes_whatever_comes() -> None:
    with run_server("backpressure", "naive") as server, connect(server, small=True) as client:
        assert client.fill(WORDS, FLOOD) == FLOOD
