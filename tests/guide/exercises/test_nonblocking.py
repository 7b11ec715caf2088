import statistics
import time
from functools import partial

from iomodels.contract.server import Server
from tests.guide.exercises._programs import Room, ask, contract, running

SPAN = 0.2  # seconds in which turns are counted
FEW = 10  # turns in so long; the model's own pause makes it nearly two hundred


def test_an_idle_server_turns_less_and_less_often() -> None:
    with running("nonblocking", "--port", "0") as server, Room(server) as room:
        assert ask(room.client(), b"in") == b"IN"
        server.reaches(partial(rests, server), "goes on turning as if there were news")


def test_while_there_is_news_nobody_waits_for_the_pause_that_was_before() -> None:
    with running("nonblocking", "--port", "0", "--longest", "0.5") as server, Room(server) as room:
        server.reaches(partial(rests, server), "goes on turning as if there were news")
        client = room.client()
        assert ask(client, b"after a silence") == b"AFTER A SILENCE"
        took = []
        for _ in range(9):
            began = time.monotonic()
            assert ask(client, b"again") == b"AGAIN"
            took.append(time.monotonic() - began)
        assert statistics.median(took) < 0.1


def test_it_passes_what_the_model_is_not_asked_and_loses_nobody() -> None:
    ended = contract("nonblocking", "leaks/cpu-idle", "capacity/burst-of-200", "half-close")
    assert ended.returncode == 0, ended.stdout


def rests(server: Server) -> bool:
    process = server.processes()[0]
    before = process.num_ctx_switches().voluntary
    time.sleep(SPAN)
    return process.num_ctx_switches().voluntary - before < FEW
