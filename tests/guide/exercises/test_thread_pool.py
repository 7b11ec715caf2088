import signal
import sys

import pytest

from iomodels.contract.server import Server
from tests.guide.exercises._programs import Room, ask, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO of a listener is Linux's alone")


def test_it_tells_who_is_served_and_how_many_wait() -> None:
    with running("thread_pool", "0", "2") as server, Room(server) as room:
        inside = [room.client(), room.client()]
        for client in inside:
            assert ask(client, b"in") == b"IN"
        waiting = [room.client() for _ in range(3)]
        assert told(server) == "2 of 2 threads serve, 3 clients wait, 128 may"
        inside[0].close()
        assert ask(waiting[0], b"next") == b"NEXT"
        assert told(server) == "2 of 2 threads serve, 2 clients wait, 128 may"


def test_it_ends_at_once_when_asked_to() -> None:
    with running("thread_pool", "0", "2") as server, Room(server) as room:
        assert ask(room.client(), b"in") == b"IN"
        server.signal(signal.SIGTERM)
        assert server.wait(10) == 0


def told(server: Server) -> str:
    """What it says when it is asked how long the queue is."""
    before = len(server.rest_of_output())
    server.signal(signal.SIGUSR1)
    server.reaches(lambda: server.rest_of_output()[before:].endswith(b"\n"), "does not say how long its queue is")
    return server.rest_of_output()[before:].decode().strip()
