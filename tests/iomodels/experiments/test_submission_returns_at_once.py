import pytest

from iomodels.experiments.experiment import NotHere, Verdict
from iomodels.experiments.experiments.submission_returns_at_once import Submission, judge, run
from iomodels.experiments.lab import Lab

LEVEL = [Submission(1024, 4_000, 9_000), Submission(65_536, 4_500, 9_000), Submission(2**21, 5_000, 9_500)]
RISING = [Submission(1024, 4_000, 9_000), Submission(65_536, 9_000, 9_000), Submission(2**21, 90_000, 9_500)]


def test_it_holds_when_no_submission_takes_longer_than_another() -> None:
    answer = judge(early=True, empty=1_500, submissions=LEVEL)
    assert (answer.verdict, answer.crossing, answer.because) == (Verdict.HOLDS, "", "")
    assert "With nothing there the call returned before the bytes were sent, in 1.5 us." in answer.says


def test_it_depends_when_what_is_there_is_copied_in_the_call() -> None:
    answer = judge(early=True, empty=1_500, submissions=RISING)
    assert (answer.verdict, answer.crossing) == (Verdict.DEPENDS, "from 64 KiB on most of it is copying")
    assert answer.because.endswith("another thread copies, and handing over 2 MiB took 9.5 us.")


def test_a_thread_on_the_callers_core_is_told() -> None:
    answer = judge(early=True, empty=1_500, submissions=[*RISING[:-1], Submission(2**21, 90_000, 95_000)])
    assert answer.verdict is Verdict.DEPENDS
    assert answer.because.endswith("here it had the caller's core, and the caller waited for it.")


@pytest.mark.parametrize("submissions", [LEVEL, RISING])
def test_it_does_not_hold_when_a_call_has_waited(submissions: list[Submission]) -> None:
    answer = judge(early=False, empty=1_500, submissions=submissions)
    assert (answer.verdict, answer.crossing, answer.because) == (Verdict.DOES_NOT_HOLD, "", "")


def test_it_can_be_made() -> None:
    try:
        answer = run(Lab(quick=True))
    except NotHere as reason:
        pytest.skip(str(reason))
    assert answer.verdict is not Verdict.DOES_NOT_HOLD
    assert len(answer.table) == 8
