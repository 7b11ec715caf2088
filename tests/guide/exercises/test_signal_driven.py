import fcntl
import re
import signal
import sys

import pytest

from iomodels.contract.server import Server
from tests.guide.exercises._programs import Room, ask, contract, running, running_command

pytestmark = [
    pytest.mark.skipif(not hasattr(fcntl, "F_SETSIG"), reason="F_SETSIG is Linux's alone"),
    pytest.mark.skipif(sys.maxsize < 2**32, reason="the solution reads the siginfo_t of a 64-bit system"),
]

MESSAGES = 50
NO_QUEUE = ("prlimit", "--sigpending=0")  # getrlimit(2), RLIMIT_SIGPENDING


# The program with an hour for LOOK, so that only a ring can tell it of something.
NEVER_LOOKS_BY_ITSELF = """
import runpy
from models.ground import sigio
sigio.LOOK = 3600.0
runpy.run_module("guide.exercises.signal_driven", run_name="__main__", alter_sys=True)
"""


def talk(server: Server) -> None:
    with Room(server) as room:
        quiet, client = room.client(), room.client()
        for number in range(MESSAGES):
            words = b"number %d\n" % number
            assert ask(client, words) == words.upper()
        assert ask(quiet, b"me too\n") == b"ME TOO\n"


def rings_after_a_talk(server: Server) -> tuple[int, int]:
    """How many rings named their descriptor, and how many named none, by its own count at its end."""
    talk(server)
    server.signal(signal.SIGTERM)
    assert server.wait(10) == 0
    found = re.search(r"(\d+) rings named their descriptor, (\d+) named none", server.log())
    assert found, server.log()
    return int(found[1]), int(found[2])


def test_each_ring_names_its_descriptor() -> None:
    with running("signal_driven", "--port", "0") as server:
        named, unnamed = rings_after_a_talk(server)
    assert named >= MESSAGES
    assert unnamed == 0


def test_when_the_queue_is_full_plain_sigio_comes_and_everybody_is_looked_at() -> None:
    with running_command([*NO_QUEUE, sys.executable, "-c", NEVER_LOOKS_BY_ITSELF, "--port", "0"]) as server:
        talk(server)


def test_sigio_names_nobody() -> None:
    with running("signal_driven", "--port", "0", before=NO_QUEUE) as server:
        named, unnamed = rings_after_a_talk(server)
    assert named == 0
    assert unnamed >= 1


def test_it_keeps_the_contract() -> None:
    ended = contract("signal_driven", "half-close", "reset", "backpressure/all-comes-back", "integrity")
    assert ended.returncode == 0, ended.stdout
