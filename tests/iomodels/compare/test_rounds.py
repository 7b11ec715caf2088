"""Benchmarks made one after the other, as one."""

from iomodels.bench.results import Point, Results, Settings
from iomodels.compare.rounds import added
from tests.iomodels.compare.samples import cell

HUNDRED, ONE = Point(connections=100), Point(connections=1)


def results(*costs: tuple[str, Point, float]) -> Results:
    cells = [cell(name, point, cost, 1) for name, point, cost in costs]
    return Results({}, Settings(1, 0.4, 0.1, (0, 1)), reference="a", cells=cells)


def test_rounds_have_their_number_and_are_compared_with_their_own() -> None:
    both = added(None, results(("a", HUNDRED, 10.0)), 1)
    both = added(both, results(("b", HUNDRED, 20.0)), 1)
    both = added(both, results(("a", ONE, 5.0)), 1)
    both = added(both, results(("b", HUNDRED, 60.0)), 2)
    both = added(both, results(("a", HUNDRED, 20.0)), 2)
    assert [(each.subject, [one.number for one in each.rounds]) for each in both.at(HUNDRED)] == [("a", [1, 2]), ("b", [1, 2])]
    assert [one.number for each in both.at(ONE) for one in each.rounds] == [1]
    found = both.find("b", HUNDRED)
    assert found is not None
    assert [round(ratio, 2) for ratio in both.ratios(found)] == [2.0, 3.0]
    assert both.settings.rounds == 2


def test_histograms_add_up() -> None:
    both = added(added(None, results(("a", HUNDRED, 10.0)), 1), results(("a", HUNDRED, 10.0)), 2)
    assert both.cells[0].latency.get_total_count() == 2 * 20_000


def test_who_failed_once_is_out() -> None:
    later = results(("b", HUNDRED, 10.0))
    later.failed["a"] = "it died"
    later.remarks = ["strace is not here"]
    both = added(results(("a", HUNDRED, 10.0), ("b", HUNDRED, 10.0)), later, 1)
    both = added(both, later, 2)
    assert both.subjects == ["b"]
    assert both.failed == {"a": "it died"}
    assert both.remarks == ["strace is not here"]
