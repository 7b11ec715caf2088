import pytest

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.copying_still_blocks import Copy, judge, run
from iomodels.experiments.lab import Lab

KIB = 1024


def copies(*nanoseconds: float) -> list[Copy]:
    return [Copy(KIB * 16**power, took, 0) for power, took in enumerate(nanoseconds)]


def test_it_holds_when_more_takes_longer() -> None:
    answer = judge(1_500, copies(2_000, 9_000, 60_000), 30)
    assert answer.verdict is Verdict.HOLDS
    assert "256 KiB held its caller up for 60.0 us, one of 1 KiB for 2.0 us" in answer.says
    assert answer.crossing == "from 16 KiB on it takes more than 5 times as long as EAGAIN does"
    assert "in 90 calls its thread was suspended 0 times" in answer.because


@pytest.mark.parametrize("took", [(2_000, 2_100, 2_200), (100, 400, 1_400)])
def test_it_does_not_hold_when_copying_cannot_be_told_from_calling(took: tuple[float, ...]) -> None:
    answer = judge(1_500, copies(*took), 30)
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert answer.crossing == ""
    assert "too quick here" in answer.because


def test_the_table_has_a_row_for_each_size_and_the_chart_a_point() -> None:
    answer = judge(1_500, copies(1_000, 2_000), 30)
    assert answer.table[1:] == [
        ["none (EAGAIN)", "1.5 us", "", ""],
        ["1 KiB", "1.0 us", "1.0", "0 of 30"],
        ["16 KiB", "2.0 us", "7.6", "0 of 30"],
    ]
    assert answer.charts[0].series[0].points == [(1024, 1.0), (16384, 2.0)]


def test_it_can_be_made() -> None:
    answer = run(Lab(quick=True))
    assert [row[0] for row in answer.table[1:]] == ["none (EAGAIN)", "1 KiB", "16 KiB", "64 KiB", "256 KiB", "1 MiB", "2 MiB"]
