"""What is said of uvloop, from figures."""

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.uvloop_by_message_size import ASYNCIO, KEPT, RETURNED, UVLOOP, Cell, judge


def cells(api: str, size: int, asyncio: tuple[float, float], uvloop: float) -> list[Cell]:
    """Two, of which the first keeps its memory."""
    return [
        Cell(api, size, allocator, {ASYNCIO: [own] * 3, UVLOOP: [uvloop] * 3})
        for allocator, own in zip((KEPT, RETURNED), asyncio, strict=True)
    ]


def test_it_holds_where_it_is_twice_everywhere() -> None:
    answer = judge([*cells("streams", 1, (30, 30), 10), *cells("streams", 100, (250, 250), 100)])
    assert answer.verdict is Verdict.HOLDS
    assert answer.crossing == ""


def test_it_depends_on_size_and_api() -> None:
    answer = judge([*cells("streams", 1, (25, 30), 10), *cells("sock_*", 100, (101, 110), 100)])
    assert answer.verdict is Verdict.DEPENDS
    assert answer.says == (
        "asyncio's own loop costs 3.0 x uvloop's CPU with streams at 1 KiB (memory returned), and 1.0 x with sock_* at 100 KiB"
        " (memory kept)."
    )
    assert answer.crossing == "twice or more with streams at 1 KiB (memory kept), streams at 1 KiB (memory returned)"
    assert "a message of 100 KiB costs 10 x one of 1 KiB" in answer.because
    assert "the allocator's" not in answer.because


def test_it_does_not_hold_where_it_is_twice_nowhere() -> None:
    assert judge(cells("streams", 1, (12, 12), 10)).verdict is Verdict.DOES_NOT_HOLD


def test_what_the_allocator_has_to_do_with_it_is_said_of_where_it_matters_most() -> None:
    answer = judge([*cells("streams", 1, (12, 18), 10), *cells("Protocol", 1, (12, 30), 10)])
    assert (
        "3.0 x with Protocol at 1 KiB where the memory of each read is mapped and unmapped, 1.2 x where it is kept"
        in answer.because
    )
    assert [row[-1] for row in answer.table] == ["asyncio / uvloop", "1.20", "1.80", "1.20", "3.00"]
    assert [series.label for series in answer.charts[0].series] == [
        "streams, memory kept",
        "streams, memory returned",
        "Protocol, memory kept",
        "Protocol, memory returned",
    ]


def test_ratios_are_those_of_the_same_round() -> None:
    assert Cell("streams", 1, KEPT, {ASYNCIO: [10, 40, 90], UVLOOP: [10, 20, 30]}).ratio == 2.0
