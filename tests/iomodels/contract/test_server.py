import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from iomodels.catalogue import find
from iomodels.contract import server
from iomodels.contract.server import KEPT, Launch, Server, free_port

FAMILY = 4  # processes, of which three are workers


@pytest.fixture
def with_children() -> Iterator[Server]:
    started = find("sockets/prefork").launch().start("--workers", "3")
    yield started
    started.stop()


def known_to_psutil(server: Server) -> set[psutil.Process]:
    parent = psutil.Process(server.pid)
    return {parent, *parent.children(recursive=True)}


def test_its_processes_are_those_that_psutil_finds_and_none_when_it_has_ended(with_children: Server) -> None:
    with_children.reaches(lambda: len(known_to_psutil(with_children)) == FAMILY, "has not as many children")
    assert set(with_children.processes()) == known_to_psutil(with_children)
    with_children.stop()
    assert with_children.processes() == []


def test_where_the_kernel_lists_no_children_psutil_is_asked(with_children: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(server, "_settled", absent)
    with_children.reaches(lambda: len(known_to_psutil(with_children)) == FAMILY, "has not as many children")
    assert set(with_children.processes()) == known_to_psutil(with_children)


def test_ctrl_c_before_anybody_holds_the_server_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = []
    spawn = Launch.spawn

    def interrupted(self: Launch, words: Sequence[str], *, output: int, errors: int) -> subprocess.Popen[bytes]:
        spawned.append(spawn(self, words, output=output, errors=errors))
        signal.raise_signal(signal.SIGINT)
        return spawned[-1]

    monkeypatch.setattr(Launch, "spawn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        find("sockets/epoll").launch().start()
    assert spawned[0].returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="no abstract namespace, in which ports are claimed")
def test_a_free_port_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = random.SystemRandom().randrange(10_000, 19_000)  # this test may run elsewhere on this machine as well
    few = range(first, first + KEPT // 2)
    monkeypatch.setattr(server, "SELDOM", few)
    given = [free_port() for _ in few]
    assert len(set(given)) == len(given)
    assert len(set(given) & set(few)) > len(few) // 2, "those that are free are given"

    another = f"from iomodels.contract import server; server.SELDOM = {few}; print(*(server.free_port() for _ in {few}))"
    printed = subprocess.run([sys.executable, "-c", another], capture_output=True, text=True, check=True).stdout
    assert not {int(port) for port in printed.split()} & set(given)
