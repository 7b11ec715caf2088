"""The stop before and after: no new clients, replies in flight arrive whole, and the end comes within the grace."""

import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from iomodels.contract.client import Client, End
from iomodels.contract.server import AT_ONCE, TRACEBACK, Server
from tests.guide.recipes._running import each_version, run_server

PATIENCE = 10.0  # seconds of silence that fail a test
GRACE = 0.5  # seconds, for a server that is to use it up
LONG = 60.0  # seconds: far longer than a test
COPIES = 1000  # the recipe's
REQUEST = b"x" * 8191 + b"\n"
REPLY = REQUEST.upper() * COPIES  # 8 MB, more than the kernel holds for a connection


def connect(server: Server) -> Client:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    connection.connect((server.host, server.port))
    return Client(connection, PATIENCE)


@contextmanager
def in_mid_reply(server: Server) -> Iterator[Client]:
    """A client that has the beginning of its reply, and does not read on."""
    with connect(server) as client:
        client.send(REQUEST)
        client.expect(REPLY[:1000])
        yield client


def stop(server: Server, number: int = signal.SIGTERM) -> None:
    """Send the signal, and wait until new clients are refused."""
    server.signal(number)
    server.reaches(lambda: refuses(server), "it takes new clients after the signal", PATIENCE)


def refuses(server: Server) -> bool:
    """Told by the kernel. A client that came to ask may be accepted just as the server is closed, and then asyncio's of 3.13.0
    writes a traceback (Server._wakeup, called twice)."""
    sockets = psutil.Process(server.pid).net_connections("tcp")
    return not any(each.status == psutil.CONN_LISTEN for each in sockets)


def expect_good_end(server: Server) -> None:
    server.expect_end(PATIENCE)
    assert TRACEBACK not in server.log()


@each_version
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_idle_clients_get_fin_at_once(version: str, number: int) -> None:
    with run_server("graceful_stop", version, str(LONG)) as server, connect(server) as new, connect(server) as served:
        served.exchange(b"hello\n", b"HELLO\n" * COPIES)
        server.signal(number)
        assert new.read_to_end() == (b"", End.FIN)
        assert served.read_to_end() == (b"", End.FIN)
        server.expect_end(AT_ONCE)


@each_version
def test_a_reply_in_flight_arrives_whole_while_new_clients_are_refused(version: str) -> None:
    with run_server("graceful_stop", version, str(LONG)) as server, in_mid_reply(server) as client:
        stop(server)
        assert server.status is None
        assert client.read_to_end() == (REPLY[1000:], End.FIN)
        client.close()
        expect_good_end(server)


@each_version
def test_it_is_the_last_one(version: str) -> None:
    with run_server("graceful_stop", version, str(LONG)) as server, in_mid_reply(server) as client:
        client.send(b"next\n")  # which nobody reads; closing over it would be RST
        stop(server)
        assert client.read_to_end() == (REPLY[1000:], End.FIN)
        client.close()
        expect_good_end(server)


@each_version
def test_half_a_request_is_not_answered(version: str) -> None:
    with run_server("graceful_stop", version, str(LONG)) as server, connect(server) as client:
        client.exchange(b"hello\nhal", b"HELLO\n" * COPIES)
        client.wait_until_read()
        server.signal(signal.SIGTERM)
        assert client.read_to_end() == (b"", End.FIN)
        expect_good_end(server)


@each_version
def test_who_does_not_read_keeps_it_for_the_grace_and_no_longer(version: str) -> None:
    with run_server("graceful_stop", version, str(GRACE)) as server, in_mid_reply(server) as client:
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        expect_good_end(server)
        assert time.monotonic() - began >= GRACE
        came, _ = client.read_to_end()
        assert REPLY[1000:].startswith(came)
        assert len(came) < len(REPLY) - 1000


@each_version
def test_a_second_signal_ends_it_at_once(version: str) -> None:
    with run_server("graceful_stop", version, str(LONG)) as server, in_mid_reply(server):
        stop(server)
        server.reaches(lambda: dies_of(server, signal.SIGTERM), "it does not heed a second signal", PATIENCE)
        assert server.wait(AT_ONCE) == -signal.SIGTERM


@each_version
def test_clients_that_leave_in_the_instant_of_the_stop_do_no_harm(version: str) -> None:
    with run_server("graceful_stop", version, str(LONG)) as server:
        clients = [connect(server) for _ in range(20)]
        for client in clients:
            client.exchange(b"hello\n", b"HELLO\n" * COPIES)
        with server.stopped():
            for client in clients[::2]:
                client.send(b"again\n")
            for client in clients:
                client.reset()
            for _ in range(5):
                connect(server).reset()
            server.signal(signal.SIGTERM)
        expect_good_end(server)


def test_the_naive_stop_is_wrong_in_either_way() -> None:
    with run_server("graceful_stop", "naive") as server:
        if sys.version_info >= (3, 12):
            with connect(server) as idle:
                idle.exchange(b"hello\n", b"HELLO\n" * COPIES)
                stop(server)
                assert not idle.ready(1, GRACE)
                assert server.status is None
            assert server.wait(PATIENCE) == 0
        else:
            with in_mid_reply(server) as client:
                server.signal(signal.SIGTERM)
                assert server.wait(PATIENCE) == 0
                came, _ = client.read_to_end()
                assert len(came) < len(REPLY) - 1000


def dies_of(server: Server, number: int) -> bool:
    """Signal it again until it has ended: its handler may not yet have gone when new clients are refused already."""
    if server.status is None:
        server.signal(number)
    return server.status is not None
