"""CPython's own tests of select.poll and select.epoll, with the awaited objects in their place."""

import os
import select as standard
import time
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iomodels.bridge.epolling import epoll
from iomodels.bridge.polling import poll
from tests.iomodels.bridge.readiness_blocking import Blocking, each_home, module, passes

pytestmark = pytest.mark.long

POLL = "test_poll1", "test_poll2", "test_poll3", "test_poll_c_limits", "test_poll_unit_tests"
EPOLL = (
    "test_add",
    "test_badcreate",
    "test_close",
    "test_context_manager",
    "test_control_and_wait",
    "test_create",
    "test_errors",
    "test_fd_non_inheritable",
    "test_fromfd",
    "test_unregister_closed",
)
SLOWER = 50  # an upper bound of 10 ms tells a wait of a second from none; on busy cores a turn between threads takes that long
THREADED = {"test_threaded_poll", "test_poll_blocks_with_negative_ms"}  # one object in several threads: WrongThread


class Module(SimpleNamespace):
    """The select module with another poll and epoll."""

    def __init__(self, home: Any) -> None:
        super().__init__(**vars(standard))
        self.poll = lambda: Blocking(home, poll(), "poll")
        self.epoll = lambda *args, **kwargs: Blocking(home, epoll(*args, **kwargs), "poll")
        self.epoll.fromfd = lambda fd: Blocking(home, epoll.fromfd(fd), "poll")  # type: ignore[attr-defined]


@each_home
@pytest.mark.parametrize("name", POLL)
def test_poll(name: str, home: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    sleep = tmp_path / "sleep"  # of a shell that one of the tests starts
    sleep.write_text("#!/bin/sh\nexec /bin/sleep 0.0$1\n")
    sleep.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    upstream = module("test_poll")
    with home() as loop:
        monkeypatch.setattr(upstream, "select", Module(loop))
        passes(upstream.PollTests, name)


@each_home
@pytest.mark.parametrize("name", EPOLL)
def test_epoll(name: str, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = module("test_epoll")
    with home() as loop:
        monkeypatch.setattr(upstream, "select", Module(loop))
        monkeypatch.setattr(upstream, "time", SimpleNamespace(monotonic=lambda: time.monotonic() / SLOWER))
        passes(upstream.TestEPoll, name)


def test_all_of_them_are_run() -> None:
    names = unittest.defaultTestLoader.getTestCaseNames
    assert set(names(module("test_poll").PollTests)) <= {*POLL, *THREADED}
    assert set(names(module("test_epoll").TestEPoll)) <= set(EPOLL)
