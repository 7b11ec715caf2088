"""Changes are found where there are some; noise and a machine that is slower today are none."""

import random
from collections.abc import Sequence

import pytest

from iomodels.bench.compare import Change, Limit, Verdict, compare
from iomodels.bench.results import Point, Results
from tests.iomodels.bench.samples import results_of

STEADY = [10.0, 10.1, 10.2, 10.3, 10.4]
CEILING = [5.0, 5.05, 5.1, 5.15, 5.2]


def times(factor: float, costs: Sequence[float]) -> list[float]:
    return [factor * cost for cost in costs]


def mine(costs: Sequence[float], ceiling: Sequence[float] = CEILING) -> Results:
    return results_of({"ceiling": ceiling, "mine": costs})


def change_of(old: Results, new: Results, figure: str = "cpu", subject: str = "mine") -> Change:
    return next(change for change in compare(old, new, [figure]) if change.subject == subject)


def test_twenty_microseconds_more_are_found_and_put_in_numbers() -> None:
    change = change_of(mine(STEADY), mine([cost + 20 for cost in STEADY]))
    assert change.verdict is Verdict.WORSE
    assert (change.old, change.new) == pytest.approx((10.2, 30.2))
    assert change.by == pytest.approx(20 / 10.2)
    assert change.beside == pytest.approx(change.by, rel=0.05)
    assert change.yardstick == "ceiling"
    assert change.p < 0.01


def test_less_is_better_and_of_a_rate_more_is() -> None:
    assert change_of(mine(STEADY), mine(times(0.5, STEADY))).verdict is Verdict.BETTER
    slow, quick = mine(STEADY), mine(STEADY)
    for cell in slow.cells[1:]:
        cell.rounds = [type(each)(**{**vars(each), "seconds": 2.0 + each.number / 100}) for each in cell.rounds]
    assert change_of(slow, quick, "rate").verdict is Verdict.BETTER
    assert change_of(quick, slow, "rate").verdict is Verdict.WORSE


def test_a_machine_that_is_slower_today_is_no_change() -> None:
    changes = compare(mine(STEADY), mine(times(1.3, STEADY), times(1.3, CEILING)))
    assert [change.verdict for change in changes] == [Verdict.SAME, Verdict.SAME]
    assert changes[1].by == pytest.approx(0.3)
    assert changes[1].beside == pytest.approx(0.0)


def test_a_slower_machine_that_does_not_slow_all_alike_is_no_change_either() -> None:
    old, new = mine([10.0] * 5, [5.0] * 5), mine([13.0] * 5, [6.3] * 5)
    change = change_of(old, new)
    assert change.p < 0.01
    assert change.beside == pytest.approx(0.0317, abs=1e-3)
    assert change.verdict is Verdict.SAME


def test_the_reference_is_the_yardstick_wherever_it_stands() -> None:
    old, new = (results_of({"other": STEADY, "mine": STEADY, "ceiling": CEILING}) for _ in range(2))
    assert {change.subject: change.yardstick for change in compare(old, new)} == {
        "other": "ceiling",
        "mine": "ceiling",
        "ceiling": "other",
    }


def test_a_reference_with_a_bad_day_is_no_change_of_the_others() -> None:
    assert change_of(mine(STEADY), mine(STEADY, times(0.7, CEILING))).verdict is Verdict.SAME


def test_less_than_the_least_effect_is_no_change_however_clear() -> None:
    change = change_of(mine(STEADY), mine(times(1.045, STEADY)))
    assert (change.p < 0.01, change.verdict) == (True, Verdict.SAME)


def test_rounds_that_overlap_are_no_change_however_far_the_medians() -> None:
    change = change_of(mine([5.0, 10.0, 10.0, 10.0, 25.0]), mine([9.0, 20.0, 20.0, 20.0, 20.0]))
    assert change.by == pytest.approx(1.0)
    assert change.verdict is Verdict.SAME


def test_the_reference_is_judged_beside_the_first_of_the_others() -> None:
    change = change_of(mine(STEADY), mine(STEADY, times(2, CEILING)), subject="ceiling")
    assert (change.yardstick, change.verdict) == ("mine", Verdict.WORSE)


def test_one_alone_is_judged_by_itself() -> None:
    old, new = (results_of({"mine": costs}, reference="mine") for costs in (STEADY, times(2, STEADY)))
    change = change_of(old, new)
    assert (change.yardstick, change.beside, change.verdict) == (None, None, Verdict.WORSE)


def test_four_rounds_are_too_few() -> None:
    assert change_of(mine(STEADY), mine([*times(9, STEADY)][:4], CEILING[:4])).verdict is Verdict.UNKNOWN


def test_what_only_one_of_the_two_has_is_left_out() -> None:
    many = Point(connections=1000)
    old, new = results_of({"mine": STEADY, "gone": STEADY}), results_of({"mine": STEADY}, points=[Point(), many])
    assert [(change.subject, change.point) for change in compare(old, new)] == [("mine", Point())]


def test_noise_and_drift_are_hardly_ever_a_change() -> None:
    source = random.Random(3)

    def run() -> Results:
        drift = source.lognormvariate(0, 0.1)  # of the day; and each round of this run is a fifth off in one case of ten
        spread = [source.lognormvariate(0, 0.1) for _ in range(5)]
        return mine(
            [10 * drift * day * source.lognormvariate(0, 0.05) for day in spread],
            [5 * drift * day * source.lognormvariate(0, 0.05) for day in spread],
        )

    found = sum(change.verdict is not Verdict.SAME for _ in range(300) for change in compare(run(), run()))
    assert found <= 3  # of 600


@pytest.mark.parametrize(
    ("percent", "subject", "beyond"), [(10, "mine", True), (150, "mine", True), (250, "mine", False), (10, "ceiling", False)]
)
def test_a_limit_is_exceeded_by_more_and_by_nothing_else(percent: int, subject: str, beyond: bool) -> None:
    change = change_of(mine(STEADY), mine([cost + 20 for cost in STEADY]), subject=subject)
    assert change.exceeds(Limit.of(f"cpu>{percent}%")) is beyond
    assert not change.exceeds(Limit.of(f"p99>{percent}%"))


def test_what_has_become_better_exceeds_nothing() -> None:
    assert not change_of(mine(STEADY), mine(times(0.5, STEADY))).exceeds(Limit.of("cpu>10%"))


@pytest.mark.parametrize("text", ["cpu", "cpu>", "cpu>10", "cpu<10%", "sped>10%", "cpu>-1%", ""])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no limit"):
        Limit.of(text)
