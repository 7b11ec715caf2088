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
LOOKS = 200
RING = """
import os, socket, sys, threading

def pass_on(left, right):
    while True:
        os.write(right, os.read(left, 1))

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
pipes = [os.pipe() for _ in range(12)]
for (left, _), (_, right) in zip(pipes, pipes[1:] + pipes[:1]):
    threading.Thread(target=pass_on, args=(left, right), daemon=True).start()
os.write(pipes[0][1], b"!")
threading.Event().wait()
"""  # there is always one thread awake: who passes the byte on wakes the next one before it sleeps


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


def test_threads_that_wake_each_other_behind_the_look_are_not_asleep() -> None:
    ring = Launch([sys.executable, "-c", RING, "{port}"]).start()
    try:
        assert not any(ring.is_asleep() for _ in range(LOOKS))
    finally:
        ring.stop()


def test_a_server_that_waits_for_clients_is_asleep() -> None:
    waiting = find("sockets/thread_pool").launch().start()
    try:
        waiting.reaches(waiting.is_asleep, "does not fall asleep")
    finally:
        waiting.stop()


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
