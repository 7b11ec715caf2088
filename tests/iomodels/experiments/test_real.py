"""Some experiments in earnest, as small as they can be: that they measure what they judge."""

import pytest

from iomodels.contract.server import Launch, Server, Unavailable
from iomodels.experiments.caller import Caller, CallerError, answers, ask_at
from iomodels.experiments.experiment import NotHere
from iomodels.experiments.experiments import default_selector, pool_serves_its_size, silent_client_stops_blocking
from iomodels.experiments.experiments.pool_serves_its_size import Seen
from iomodels.experiments.lab import Lab
from tests.iomodels.running import says_so

LAB = Lab(quick=True)


def test_a_silent_client_stops_the_blocking_server_and_nobody_on_select() -> None:
    with LAB.serve("sockets/blocking") as server:
        stopped = silent_client_stops_blocking.look(server, 0.1)
    with LAB.serve("sockets/select") as server:
        free = silent_client_stops_blocking.look(server, 30.0)
    assert (stopped.before, free.before) == (0, silent_client_stops_blocking.OTHERS)
    assert min(stopped.waited) >= 0.1


def test_a_server_has_ended_with_its_block_however_that_ends() -> None:
    with pytest.raises(ZeroDivisionError), LAB.serve("sockets/select") as server:
        raise ZeroDivisionError
    assert server.status is not None


def test_what_cannot_run_here_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: Launch) -> Server:
        raise Unavailable("no io_uring")

    monkeypatch.setattr(Launch, "start", start)
    with pytest.raises(NotHere, match="no io_uring"), LAB.serve("sockets/io_uring"):
        pass


def test_a_pool_of_two_serves_two_and_then_one_more() -> None:
    with LAB.serve("sockets/thread_pool", "--workers", "2") as server:
        assert pool_serves_its_size.look(server, 2, 1) == Seen(2, [1])


def test_poll_asks_for_each_socket_and_epoll_does_not() -> None:
    cost = default_selector.look(500, 3)
    assert cost["PollSelector"] > 2 * cost["EpollSelector"]


def test_a_wrong_reply_is_not_taken_for_one() -> None:
    with LAB.start(says_so("lower")) as server, Caller(server) as caller, pytest.raises(CallerError, match="owed b'HELLO' and"):
        caller.ask(b"hello")


def test_each_asks_at_its_moment() -> None:
    with LAB.serve("sockets/select") as server, Caller(server) as first, Caller(server) as second:
        took = ask_at([first, second], [0.02, 0.0])
        assert len(took) == 2
        assert first.asked - second.asked > 0.01
        assert list(answers([], 0.01)) == []
