"""What decides whether a silent client stops a blocking server."""

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.silent_client_stops_blocking import BLOCKING, OTHERS, Seen, judge

STOPPED = Seen([0.5] * OTHERS, before=0)
FREE = Seen([0.001] * OTHERS, before=OTHERS)


def test_it_holds_when_nobody_is_answered_before_the_silent_one_leaves() -> None:
    answer = judge({BLOCKING: STOPPED, "sockets/threads": FREE}, stay=0.5)
    assert answer.verdict is Verdict.HOLDS
    assert "answered none of 10 others (they waited 500 ms)" in answer.says
    assert "1 of 2 servers answered all of them, the slowest (sockets/threads) within 1.0 ms" in answer.says
    assert answer.because == ""


def test_it_does_not_when_all_are() -> None:
    assert judge({BLOCKING: FREE}, stay=0.5).verdict is Verdict.DOES_NOT_HOLD


def test_it_depends_when_some_are() -> None:
    some = Seen([0.001] * 3 + [0.5] * 7, before=3)
    assert judge({BLOCKING: some}, stay=0.5).verdict is Verdict.DEPENDS


def test_an_await_in_line_that_is_stopped_too_is_told() -> None:
    assert "asyncio/blocking is stopped as well" in judge({BLOCKING: STOPPED, "asyncio/blocking": STOPPED}, stay=0.5).because
    assert judge({BLOCKING: STOPPED, "asyncio/blocking": FREE}, stay=0.5).because == ""
