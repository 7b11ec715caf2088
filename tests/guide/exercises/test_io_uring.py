import select
import time

import pytest

from iomodels.catalogue import find
from tests.guide.exercises._programs import PATIENCE, Room, ask, running

WHY_NOT = find("sockets/io_uring").unavailable()

pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


def test_who_is_silent_is_let_go_and_who_speaks_stays() -> None:
    with running("io_uring", "0", "1") as server, Room(server) as room:
        silent, talkative = room.client(), room.client()
        end = time.monotonic() + PATIENCE
        while not select.select([silent], [], [], 0.05)[0]:
            assert time.monotonic() < end
            assert ask(talkative, b"still here\n") == b"STILL HERE\n"
        assert silent.recv(1) == b""
        assert ask(talkative, b"and now?\n") == b"AND NOW?\n"


def test_a_large_message_comes_back_whole_and_a_reset_costs_its_own_client() -> None:
    with running("io_uring", "0", "10") as server, Room(server) as room:
        client, other = room.client(), room.client()
        assert ask(client, b"large " * 10_000) == b"LARGE " * 10_000
        assert ask(other, b"here\n") == b"HERE\n"
        other.close()
        assert ask(client, b"still here\n") == b"STILL HERE\n"
