"""What is said of a slow handler, from figures; and the service that is slow."""

import time
from collections.abc import Mapping

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.slow_handler_stalls_a_loop import COMPUTES, NOBODY, SLEEPS, SLOW, Delay, judge
from iomodels.experiments.programs import slow

LOOPS = ("sockets/epoll", "asyncio/threads", "trio/threads")


def delays(sleeping: float, computing: float) -> Mapping[str, Delay]:
    """Medians in milliseconds."""
    states = {NOBODY: 0.2, SLEEPS: sleeping, COMPUTES: computing}
    return {state: Delay(median / 1000, median / 500) for state, median in states.items()}


def of(
    loops: Mapping[str, Delay], threads: Mapping[str, Delay], to_thread: Mapping[str, Delay]
) -> Mapping[str, Mapping[str, Delay]]:
    return {**dict.fromkeys(LOOPS, loops), "sockets/threads": threads, "asyncio, to_thread": to_thread}


def test_it_holds_where_loops_stand_and_threads_go_on() -> None:
    answer = judge(of(delays(50, 52), delays(0.2, 0.3), delays(0.3, 0.3)))
    assert answer.verdict is Verdict.HOLDS
    assert answer.because == ""
    assert "takes 50 ms on a loop, 0.2 ms on threads and 0.3 ms with to_thread" in answer.says


def test_it_depends_where_threads_wait_for_the_interpreter_lock() -> None:
    answer = judge(of(delays(50, 52), delays(0.2, 10), delays(0.3, 6)))
    assert answer.verdict is Verdict.DEPENDS
    assert answer.crossing == "on threads nobody waits unless one computes"
    assert "takes 10 ms" in answer.because
    assert "So it is with to_thread" in answer.because


def test_it_depends_where_a_loop_is_not_stalled() -> None:
    answer = judge(of(delays(1, 1), delays(0.2, 0.3), delays(0.3, 0.3)))
    assert answer.verdict is Verdict.DEPENDS
    assert answer.crossing == "not every loop is stalled"


def test_it_does_not_hold_where_it_is_the_other_way_round() -> None:
    assert judge(of(delays(1, 1), delays(50, 50), delays(50, 50))).verdict is Verdict.DOES_NOT_HOLD


def test_the_service_is_slow_where_it_is_asked_to_be_and_nowhere_else() -> None:
    assert slow.SLOW == SLOW
    took = {}
    for word in (b"hello", b"sleep", b"compute"):
        began = time.perf_counter()
        assert slow.handle(word) == word.upper()
        took[word] = time.perf_counter() - began
    assert took[b"hello"] < SLOW <= min(took[b"sleep"], took[b"compute"])
    assert [slow.is_slow(word) for word in took] == [False, True, True]
