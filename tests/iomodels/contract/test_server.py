import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from iomodels.catalogue import find
from iomodels.contract import server
from iomodels.contract.server import Launch, Server

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
