"""The generator on servers that do what they must."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from iomodels import catalogue
from iomodels.contract.server import Server, free_port
from iomodels.load.generator import Generator, Standby
from iomodels.load.listener import Listener
from iomodels.load.spec import Spec
from tests.iomodels.load.serving import BRIEF, LOOPS, load, reading, serving, upper


@pytest.fixture(scope="module", params=["upper", "lines", "http", "resp"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, Server]]:
    """sockets/epoll, with each service."""
    server = catalogue.find("sockets/epoll").launch(request.param).start()
    yield request.param, server
    server.stop()


KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "pipeline": {"pipeline": 8},
    "think": {"think": 0.01},
    "churn": {"per_connection": 3, "pipeline": 2},
    "open": {"rate": 300.0},
    "poisson": {"rate": 300.0, "arrivals": "poisson"},
    "open churn": {"rate": 300.0, "per_connection": 1},
    "beside others": {"idle": 3, "slow_readers": 2, "slow_writers": 2},
    "small": {"size": 1},
    "large": {"size": 65_000, "connections": 2},
    "processes": {"processes": 2},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_load_on_every_service(served: tuple[str, Server], kind: str) -> None:
    service, server = served
    outcome = load(server.port, service=service, **KINDS[kind])
    assert outcome.requests >= 5
    assert outcome.latency.get_total_count() == outcome.requests
    assert 0 < outcome.percentile(50) <= outcome.percentile(100) < outcome.seconds + 5
    assert (outcome.connects > 0) == ("churn" in kind)
    assert outcome.processes == KINDS[kind].get("processes", 1)
    if "open" in kind:
        assert outcome.requests + outcome.late == pytest.approx(300 * BRIEF, abs=1)


@pytest.fixture(scope="module")
def epoll() -> Iterator[Server]:
    server = catalogue.find("sockets/epoll").launch("upper").start()
    yield server
    server.stop()


def test_several_runs_in_one_block_and_seconds_as_they_pass(epoll: Server) -> None:
    told: list[int] = []
    with Generator(Spec("127.0.0.1", epoll.port, connections=4, warm_up=0.0), processes=2) as generator:
        first = generator.run(1.2, told.append)
        second = generator.run(BRIEF, told.append)
        generator.finish()
    assert len(told) == len(first.by_second) == 1
    assert told == first.by_second
    assert 0 < told[0] <= first.requests
    assert second.by_second == []


def test_an_open_loop_keeps_its_rate_or_says_that_it_does_not(epoll: Server) -> None:
    outcome = load(epoll.port, 1.0, rate=500.0)
    assert outcome.asked == 500.0
    assert outcome.requests + outcome.late == pytest.approx(500, abs=5)  # late: those of the end, when the machine is busy
    assert outcome.held == (outcome.late <= 5)


def test_a_server_that_stands_still_shows_in_the_99th_percentile(epoll: Server) -> None:
    """Coordinated omission: 4 connections could have asked 4 times in the half second; 250 requests were due in it."""

    def stop(_: int) -> None:
        os.kill(epoll.pid, signal.SIGSTOP)
        threading.Timer(0.5, os.kill, (epoll.pid, signal.SIGCONT)).start()

    with Generator(Spec("127.0.0.1", epoll.port, connections=4, rate=500.0)) as generator:
        outcome = generator.run(1.9, stop)
        generator.finish()
    assert outcome.late == 0
    assert outcome.percentile(99) > 0.4
    assert sum(outcome.percentile(each) > 0.01 for each in range(100)) > 15  # a quarter was due while it stood still


def test_a_rate_beyond_the_servers_is_said_not_to_be_held(epoll: Server) -> None:
    outcome = load(epoll.port, 0.3, rate=900_000.0)
    assert not outcome.held
    assert outcome.requests + outcome.late == pytest.approx(270_000, rel=0.01)


def test_connections_that_end_come_in_turn_to_a_server_of_one_at_a_time() -> None:
    server = catalogue.find("sockets/blocking").launch("upper").start()
    try:
        outcome = load(server.port, connections=3, per_connection=4)
    finally:
        server.stop()
    assert outcome.requests > 12
    assert outcome.connects >= outcome.requests / 4


def test_the_server_is_found_by_its_port(epoll: Server) -> None:
    listener = Listener("localhost", epoll.port)
    assert [process.pid for process in listener.processes] == [epoll.pid]
    before = listener.cpu()
    deadline = time.monotonic() + 10
    while listener.cpu() == before and time.monotonic() < deadline:
        load(epoll.port)
    assert listener.cpu() > before
    assert Listener("192.0.2.1", epoll.port).processes == []
    assert Listener("127.0.0.1", free_port()).processes == []


def programs() -> list[psutil.Process]:
    """The generators that this process has running."""
    return [child for child in psutil.Process().children() if "iomodels.load.program" in child.cmdline()]


def test_the_processes_end_with_the_block(epoll: Server) -> None:
    with Generator(Spec("127.0.0.1", epoll.port, connections=2), processes=2):
        assert len(programs()) == 2
    assert programs() == []


def test_upper_itself_is_right() -> None:
    with serving(upper) as port:
        assert load(port).requests > 5


def test_a_server_that_answers_in_pieces_is_right() -> None:
    def crumbles(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for data in reading(connection):
            for at in range(0, len(data), 24):
                connection.sendall(data[at : at + 24].upper())

    with serving(crumbles) as port:
        for spec in LOOPS:
            assert load(port, **spec).requests > 5


def test_a_load_on_standby_starts_before_it_is_asked_for_and_none_is_left(epoll: Server) -> None:
    def children() -> set[int]:
        return {process.pid for process in psutil.Process().children()}

    before = children()
    spec = Spec(epoll.host, epoll.port, connections=2, warm_up=0)
    with Standby(min(os.sched_getaffinity(0))) as standby:
        standby.prepare()
        standby.prepare()
        started = children() - before
        assert len(started) == 1
        for turn in range(2):  # the second was not prepared, and is made all the same
            with standby(spec) as generator:
                assert (children() - before == started) == (turn == 0)
                assert generator.run(BRIEF).requests > 0
                generator.finish()
        assert children() == before
        standby.prepare()
        assert len(children() - before) == 1
    assert children() == before
