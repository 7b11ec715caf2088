"""What decides whether the default is the best selector."""

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.default_selector import judge

POLL = {1: 1e-6, 10: 2e-6, 1000: 100e-6}


def test_it_holds_when_nothing_is_cheaper() -> None:
    answer = judge("EpollSelector", {"PollSelector": POLL, "EpollSelector": {1: 1.1e-6, 10: 1.1e-6, 1000: 1.5e-6}})
    assert (answer.verdict, answer.because) == (Verdict.HOLDS, "")
    assert "With 1,000 watched sockets a call of it costs 1.5 us, 100 us with PollSelector." in answer.says


def test_it_depends_when_it_is_so_from_a_number_on() -> None:
    answer = judge("EpollSelector", {"PollSelector": POLL, "EpollSelector": {1: 1.5e-6, 10: 1.5e-6, 1000: 1.5e-6}})
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "from 10 on watched sockets")
    assert answer.because.startswith("With 1 watched PollSelector costs 1.0 us, EpollSelector 1.5 us.")


def test_it_does_not_hold_when_another_is_always_cheaper() -> None:
    slow = {count: 10 * cost for count, cost in POLL.items()}
    assert judge("SelectSelector", {"PollSelector": POLL, "SelectSelector": slow}).verdict is Verdict.DOES_NOT_HOLD


def test_one_that_cannot_watch_so_many_has_a_gap() -> None:
    answer = judge("EpollSelector", {"SelectSelector": {1: 2e-6}, "EpollSelector": dict.fromkeys(POLL, 1e-6)})
    assert [row[1] for row in answer.table] == ["SelectSelector us", "2", "-", "-"]
    assert len(answer.charts[0].series[0].points) == 1
