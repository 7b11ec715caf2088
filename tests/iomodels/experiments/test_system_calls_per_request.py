from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.system_calls_per_request import COMPLETION, EPOLL, THREADED, judge

OTHERS = {
    EPOLL: {1: {"recvfrom": 1.0, "sendto": 1.0, "epoll_wait": 1.0}, 100: {"recvfrom": 1.0, "sendto": 1.0, "epoll_wait": 0.001}},
    THREADED: {1: {"recvfrom": 1.0, "sendto": 1.0}},
}


def test_it_depends_when_one_client_needs_as_many_calls() -> None:
    answer = judge({COMPLETION: {1: {"io_uring_enter": 2.0}, 100: {"io_uring_enter": 0.04}}, **OTHERS})
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "fewer from 100 connections on")
    assert answer.says.startswith("With 1 connection io_uring needs 2.00 calls a request, epoll 3.00, and the best of")
    assert "With 1 there is nothing to share: sockets/threads does with as few." in answer.because


def test_it_holds_when_it_needs_fewer_everywhere() -> None:
    answer = judge({COMPLETION: {1: {"io_uring_enter": 1.0}, 100: {"io_uring_enter": 0.04}}, **OTHERS})
    assert (answer.verdict, answer.crossing, answer.because) == (Verdict.HOLDS, "", "")


def test_it_does_not_hold_when_it_needs_as_many_everywhere() -> None:
    answer = judge({COMPLETION: {1: {"io_uring_enter": 2.0}, 100: {"io_uring_enter": 1.95}}, **OTHERS})
    assert answer.verdict is Verdict.DOES_NOT_HOLD


def test_who_is_not_counted_with_many_leaves_a_gap() -> None:
    answer = judge({COMPLETION: {1: {"io_uring_enter": 2.0}, 100: {"io_uring_enter": 0.04}}, **OTHERS})
    assert answer.table == [
        ["variant", "1", "100", "which, with most"],
        [COMPLETION, "2.00", "0.04", "io_uring_enter 0.04"],
        [EPOLL, "3.00", "2.00", "recvfrom 1.00, sendto 1.00"],
        [THREADED, "2.00", "", "recvfrom 1.00, sendto 1.00"],
    ]
