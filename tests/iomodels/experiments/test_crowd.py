"""The idle clients of experiments."""

import sys
from pathlib import Path

import pytest

from iomodels.catalogue import find
from iomodels.contract.server import Launch, Server
from iomodels.experiments.experiment import NotHere
from iomodels.experiments.experiments._crowd import Crowd, need_descriptors
from iomodels.load.spec import LimitError

SERVERS = Path(__file__).parents[1] / "servers"


def test_they_come_are_served_and_leave() -> None:
    server: Server = find("sockets/epoll").launch().start()
    try:
        before = server.usage().descriptors
        with Crowd(server) as crowd:
            assert crowd.grow(70) == 70
            assert crowd.grow(100) == 30
            assert crowd.served() == 100
            assert server.usage().descriptors == before + 100
            crowd.leave()
            assert server.usage().descriptors == before
            assert crowd.grow(1) == 1
    finally:
        server.stop()


def test_whoever_is_not_served_is_not_counted() -> None:
    server: Server = find("sockets/epoll").launch().start()
    with Crowd(server) as crowd:
        assert crowd.grow(3) == 3
        server.stop()
        assert crowd.served() == 0
        assert crowd.grow(5) == 0


def test_who_has_a_wrong_reply_is_not_served() -> None:
    server = Launch([sys.executable, str(SERVERS / "lower.py"), "{port}"]).start()
    try:
        with Crowd(server) as crowd:
            assert crowd.grow(3) == 0
            assert crowd.size == 3
    finally:
        server.stop()


def test_too_few_descriptors_is_a_reason_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def allow(_: int) -> None:
        raise LimitError("`sudo prlimit`")

    monkeypatch.setattr("iomodels.experiments.experiments._crowd.allow", allow)
    with pytest.raises(NotHere, match="prlimit"):
        need_descriptors(10)
