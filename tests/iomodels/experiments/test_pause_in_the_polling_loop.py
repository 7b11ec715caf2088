"""What decides whether a pause trades CPU for latency; and requests at moments of their own."""

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.pause_in_the_polling_loop import Trade, judge

TRADED = {
    0.0: Trade(1.0, 0.0001, 0.001),
    0.001: Trade(0.05, 0.0006, 0.002),
    0.1: Trade(0.001, 0.05, 0.1),
    2.0: Trade(0.0, 1.0, 2.0),
}
WAITING = Trade(0.0, 0.0001, 0.001)


def test_it_holds_when_one_falls_as_the_other_rises() -> None:
    answer = judge(TRADED, WAITING)
    assert answer.verdict is Verdict.HOLDS
    assert "0: 100 % of a core and 100 us; 1 ms: 5 % of a core and 600 us" in answer.says
    assert "2 s: 0 % of a core and 1.0 s" in answer.says
    assert answer.because.startswith("Who waits need not choose: sockets/epoll")


def test_it_depends_where_a_longer_pause_costs_more_or_answers_sooner() -> None:
    dearer = judge({**TRADED, 0.1: Trade(0.2, 0.05, 0.1)}, WAITING)
    assert dearer.verdict is Verdict.DEPENDS
    assert dearer.because.startswith("It does not from 1 ms to 100 ms.")
    assert judge({**TRADED, 0.1: Trade(0.001, 0.0001, 0.1)}, WAITING).verdict is Verdict.DEPENDS


def test_a_server_that_had_to_wait_for_its_core_says_so() -> None:
    starved = {**TRADED, 0.0: Trade(1.0, 0.005, 0.02, starved=0.4)}
    answer = judge(starved, WAITING)
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "not from 0 to 1 ms")
    assert "was ready to run for 40 % of the time, and had to wait for the core" in answer.because
    assert "ready to run" not in judge({**starved, 0.0: Trade(1.0, 0.005, 0.02)}, WAITING).because


def test_readings_of_next_to_nothing_are_no_difference() -> None:
    assert judge({**TRADED, 2.0: Trade(0.002, 1.0, 2.0)}, WAITING).verdict is Verdict.HOLDS


def test_it_does_not_hold_when_no_pause_does() -> None:
    assert judge(dict.fromkeys(TRADED, Trade(0.5, 0.01, 0.02)), WAITING).verdict is not Verdict.HOLDS
    backwards = dict(zip(TRADED, reversed(TRADED.values()), strict=True))
    assert judge(backwards, WAITING).verdict is Verdict.DOES_NOT_HOLD


def test_no_share_is_too_small_for_the_axis() -> None:
    assert all(y > 0 for series in judge(TRADED, WAITING).charts[0].series for _, y in series.points)
