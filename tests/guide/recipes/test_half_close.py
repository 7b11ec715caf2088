"""Half-close before and after: all that was sent before the FIN is answered, what can be said only after it too, then FIN."""

import socket
from collections.abc import Iterator

import pytest

from iomodels.contract.client import Client, End
from iomodels.contract.server import TRACEBACK, Server
from tests.guide.recipes._running import VERSIONS, run_server

PATIENCE = 10.0  # seconds of silence that fail a test
WORDS = b"half-close " * 1000
FLOOD = 16 * 1024 * 1024  # more than the kernel holds for a connection


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with run_server("half_close", request.param) as running:
        yield running
        assert running.status is None, running.epitaph()
        assert TRACEBACK not in running.log()


def connect(server: Server, receive_buffer: int = 0) -> Client:
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect((server.host, server.port))
    return Client(connection, PATIENCE)


def test_what_was_sent_before_the_fin_is_answered_and_what_comes_of_the_fin_too(server: Server) -> None:
    with connect(server) as client:
        client.send(b"hello ")
        client.expect(b"HELLO ")
        client.send(b"world\n")
        client.half_close()
        assert client.read_to_end() == (b"WORLD\n12 bytes\n", End.FIN)


def test_a_fin_at_once_is_answered(server: Server) -> None:
    with connect(server) as client:
        client.half_close()
        assert client.read_to_end() == (b"0 bytes\n", End.FIN)


def test_pieces_and_fin_that_are_there_together_are_data_and_then_the_end(server: Server) -> None:
    with server.stopped():
        client = connect(server)
        client.send(b"one ")
        client.send(b"two\n")
        client.half_close()
    with client:
        assert client.read_to_end() == (b"ONE TWO\n8 bytes\n", End.FIN)


def test_a_large_reply_that_is_pending_when_the_fin_comes_arrives_whole(server: Server) -> None:
    with connect(server, receive_buffer=4096) as client:
        sent = client.fill(WORDS, FLOOD)  # the server is stuck in its reply
        client.half_close()
        came, end = client.read_to_end()
    assert end is End.FIN
    assert len(came) == sent + len(b"%d bytes\n" % sent)
    assert came == (WORDS.upper() * (sent // len(WORDS) + 1))[:sent] + b"%d bytes\n" % sent


def test_an_idle_client_that_half_closes_is_let_go_though_it_keeps_its_end(server: Server) -> None:
    with connect(server) as client:
        client.half_close()
        client.wait_until_let_go()


def test_a_reset_is_no_end_of_input(server: Server) -> None:
    with connect(server) as other:
        for request in (b"", b"hello"):
            client = connect(server)
            client.send(request)
            client.reset()
        stuck = connect(server, receive_buffer=4096)
        stuck.fill(WORDS, FLOOD)
        stuck.half_close()
        stuck.reset()
        other.exchange(b"hello", b"HELLO")


def test_the_naive_protocol_loses_what_comes_of_the_fin() -> None:
    with run_server("half_close", "naive") as server, connect(server) as client:
        client.send(b"hello\n")
        client.half_close()
        assert client.read_to_end() == (b"HELLO\n", End.FIN)
