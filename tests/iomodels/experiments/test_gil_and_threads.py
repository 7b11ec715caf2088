from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.gil_and_threads import PROCESSES, WORKS, judge

LOCKED = dict.fromkeys(WORKS, 1.02) | {PROCESSES: 1.99}


def test_it_holds_when_no_work_is_done_at_once() -> None:
    answer = judge(LOCKED)
    assert (answer.verdict, answer.crossing, answer.because) == (Verdict.HOLDS, "", "")


def test_it_depends_when_some_calls_let_go_of_the_lock() -> None:
    answer = judge({**LOCKED, "sha256": 1.98, "small_messages": 1.6})
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "on whether what they do lets go of the lock")
    assert answer.says == (
        "Two threads that run a loop in Python have use for 1.02 cores, two with sha256(), 1 MiB for 1.98, "
        "two processes for 1.99."
    )
    assert "while they work: sha256(), 1 MiB." in answer.because
    assert "send and recv, 64 bytes" not in answer.because  # neither the one nor the other


def test_it_does_not_hold_without_the_lock() -> None:
    answer = judge(dict.fromkeys(WORKS, 1.98) | {PROCESSES: 1.99})
    assert (answer.verdict, answer.because) == (Verdict.DOES_NOT_HOLD, "This Python runs without the lock.")


def test_the_table_ends_with_the_processes() -> None:
    answer = judge(LOCKED)
    assert answer.table[-1] == ["Python code in two processes", "1.99"]
    assert len(answer.charts[0].categories) == len(WORKS) + 1
