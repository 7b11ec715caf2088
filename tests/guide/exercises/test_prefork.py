import os
import signal
from functools import partial

import pytest

from iomodels.contract.server import Server
from tests.guide.exercises._programs import Room, ask, running

WORKERS, MOST = 2, 3


def test_a_worker_that_has_had_its_clients_is_replaced_and_no_other() -> None:
    with running("prefork", "0", "1", str(MOST)) as server, Room(server) as room:
        for _ in range(3):
            server.reaches(lambda: len(workers(server)) == 1, "has not its one worker")
            known = workers(server)
            for _ in range(MOST):
                assert workers(server) == known
                with room.client() as client:
                    assert ask(client, b"next") == b"NEXT"
            server.reaches(partial(replaced, server, known), "keeps a worker that has had its clients")
        assert ask(room.client(), b"and on") == b"AND ON"
        assert server.zombies() == 0


def test_a_worker_that_is_killed_is_replaced_as_well() -> None:
    with running("prefork", "0", "1", "1000") as server, Room(server) as room:
        server.reaches(lambda: len(workers(server)) == 1, "has no worker")
        [worker] = workers(server)
        os.kill(worker, signal.SIGKILL)
        server.reaches(partial(replaced, server, {worker}), "has not replaced it")
        assert ask(room.client(), b"next") == b"NEXT"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_takes_the_workers_along(number: signal.Signals) -> None:
    with running("prefork", "0", str(WORKERS), str(MOST)) as server:
        server.reaches(lambda: len(workers(server)) == WORKERS, "has not all its workers")
        family = server.processes()
        server.signal(number)
        assert server.wait(10) == 0
        assert server.survivors(family) == []


def replaced(server: Server, known: set[int]) -> bool:
    return not known & workers(server)


def workers(server: Server) -> set[int]:
    return {process.pid for process in server.processes()[1:]}
