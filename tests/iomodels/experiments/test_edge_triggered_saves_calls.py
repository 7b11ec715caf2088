from collections.abc import Mapping

from iomodels.bench.results import Point
from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.edge_triggered_saves_calls import EDGE, LEVEL, SHORT, SMALL, judge

LARGE = Point(connections=1, size=256 * 1024)
SMALL_CALLS = {LEVEL: 2.01, EDGE: 3.01, SHORT: 2.01}


def judged(small: Mapping[str, float], large: Mapping[str, float], edge_cost: float) -> tuple[Verdict, str]:
    answer = judge({SMALL: small, LARGE: large}, {LEVEL: [10, 9, 11], EDGE: [12] * 3, SHORT: [edge_cost] * 3})
    return answer.verdict, answer.crossing


def test_it_holds_when_it_saves_calls_everywhere_and_cpu() -> None:
    assert judged({LEVEL: 3, EDGE: 2, SHORT: 2}, {LEVEL: 15, EDGE: 7, SHORT: 7}, 8) == (Verdict.HOLDS, "")


def test_it_depends_when_it_saves_calls_with_large_messages_alone() -> None:
    where = "fewer calls with 256 KiB, 1 connection"
    assert judged(SMALL_CALLS, {LEVEL: 15, EDGE: 7, SHORT: 7}, 10) == (Verdict.DEPENDS, where)


def test_it_depends_when_it_is_quicker_and_makes_as_many_calls() -> None:
    assert judged(SMALL_CALLS, {LEVEL: 15, EDGE: 15, SHORT: 15}, 5) == (Verdict.DEPENDS, "")


def test_it_does_not_hold_when_nothing_is_saved() -> None:
    assert judged(SMALL_CALLS, {LEVEL: 15, EDGE: 15, SHORT: 14.9}, 10) == (Verdict.DOES_NOT_HOLD, "")


def test_it_says_what_it_costs_at_best() -> None:
    answer = judge({SMALL: SMALL_CALLS}, {LEVEL: [10.0], EDGE: [12.0], SHORT: [9.5]})
    assert answer.says.endswith("until a short read; in CPU, edge costs at best 0.95 times as much.")
    assert answer.table[-1] == ["CPU, 64 bytes, 100 connections", "10.0 us", "12.0 us", "9.5 us"]
