from iomodels.bench.cores import two_cores
from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.synchronous_is_not_blocked import CALLS, Called, judge, watch

RECV, SHA256 = Called("recv()", True, "recv"), Called("sha256()", True, "sha256")
RESULT, DONE = Called("result()", False, "result"), Called("done()", False, "done_again_and_again")
ALL = (DONE, RECV, SHA256, RESULT)


def test_it_holds_when_both_sorts_are_seen_in_both_states() -> None:
    answer = judge(ALL, {"recv()": 1.0, "sha256()": 0.02, "result()": 0.98, "done()": 0.0})
    assert (answer.verdict, answer.because) == (Verdict.HOLDS, "")
    assert answer.says == (
        "sha256() is synchronous, and its caller was suspended in 2 % of the looks; "
        "result() is asynchronous, and its caller was suspended in 98 % of the looks."
    )
    assert [row[3] for row in answer.table[1:]] == ["not blocked", "blocked", "not blocked", "blocked"]


def test_it_does_not_hold_when_the_synchronous_calls_are_those_that_suspend() -> None:
    answer = judge(ALL, {"recv()": 1.0, "sha256()": 1.0, "result()": 0.0, "done()": 0.0})
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert answer.because == (
        "Suspended: recv() (synchronous); sha256() (synchronous). "
        "Not suspended: done() (asynchronous); result() (asynchronous)."
    )


def test_a_call_seen_in_both_states_proves_nothing() -> None:
    answer = judge(ALL, {"recv()": 1.0, "sha256()": 0.5, "result()": 1.0, "done()": 0.0})
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert answer.table[3][3] == "both by turns"


def test_the_chart_has_a_bar_for_each_call() -> None:
    answer = judge(CALLS, dict.fromkeys((called.call for called in CALLS), 0.25))
    assert answer.charts[0].series[0].points == [(place, 25) for place in range(len(CALLS))]
    assert len(answer.charts[0].categories) == len(CALLS)


def test_one_that_waits_and_one_that_computes_can_be_told_apart() -> None:
    core, _ = two_cores()
    assert watch("recv", 10, core) == 1
    assert watch("sha256", 10, core) < 0.5
