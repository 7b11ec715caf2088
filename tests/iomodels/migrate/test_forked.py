"""Processes that share out the work: they end when they are told to, whatever handlers their parent has."""

import errno
import os
import select
import signal
import sys

import pytest

from iomodels.migrate.forked import Forked, can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system does not fork")


def _how(number: int) -> str:
    handler = signal.getsignal(number)
    return handler.name if isinstance(handler, signal.Handlers) else "a handler of Python's"


def test_the_parents_handlers_are_not_theirs() -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with Forked(1, _how) as processes:
            told = list(processes.answers([signal.SIGTERM, signal.SIGHUP, signal.SIGINT]))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == [(0, "SIG_DFL"), (1, "SIG_DFL"), (2, "SIG_IGN")]


def test_each_task_is_answered_once_and_there_may_be_several_rounds() -> None:
    with Forked[int, str](3, lambda number: "x" * number) as processes:
        for tasks in ([], [1], list(range(100)), [1_000_000, 2_000_000, 3, 4]):
            assert sorted(processes.answers(tasks)) == [(number, "x" * task) for number, task in enumerate(tasks)]


@pytest.mark.parametrize("given", [0, 1])
def test_fewer_processes_do_it_too(given: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [os.fork] * given

    def fork() -> int:
        if not left:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return left.pop()()

    monkeypatch.setattr(os, "fork", fork)
    with Forked[int, int](3, lambda _: os.getpid()) as processes:
        who = {pid for _, pid in processes.answers(range(9))}
    assert len(who) == 1
    assert (os.getpid() in who) == (not given)


def test_what_the_work_raises_the_parent_raises() -> None:
    with Forked(2, int) as processes, pytest.raises(ValueError, match="no number"):
        list(processes.answers(["1", "no number", "2"]))


def test_a_process_that_ends_is_not_waited_for() -> None:
    with Forked(2, os._exit) as processes, pytest.raises(EOFError):
        list(processes.answers([0]))


def test_they_end_with_their_parent() -> None:
    """A parent that is killed closes its pipes, all of them: no process may hold the end that another reads from."""
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.close(read)
        with Forked[None, int](3, lambda _: os.getpid()):
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(write)
    os.waitpid(parent, 0)
    assert select.select([read], [], [], 10)[0], "a process lives on, and holds the pipe"
    assert os.read(read, 1) == b""
    os.close(read)
