"""What is said of a connection for each request, from figures."""

from collections.abc import Mapping

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.connection_pool_against_connection_per_request import KEPT, Price, judge


def prices(one: float, ten: float, kept: float) -> Mapping[int, Price]:
    return {each: Price(cost, cost * 2, 1e6 / cost) for each, cost in ((1, one), (10, ten), (KEPT, kept))}


def test_it_holds_where_all_pay_twice_as_much() -> None:
    answer = judge({"sockets/epoll": prices(60, 13, 10), "sockets/threads": prices(150, 30, 20)})
    assert answer.verdict is Verdict.HOLDS
    assert "6.0 x (sockets/epoll) to 7.5 x (sockets/threads)" in answer.says
    assert answer.crossing == ""


def test_it_depends_where_the_request_is_dear() -> None:
    answer = judge({"sockets/epoll": prices(60, 13, 10), "trio/threads": prices(150, 104, 100)})
    assert answer.verdict is Verdict.DEPENDS
    assert "A connection adds 50 us with sockets/epoll, 50 us with trio/threads" in answer.because


def test_it_does_not_hold_where_it_makes_no_difference_and_says_from_where_on() -> None:
    answer = judge({"sockets/epoll": prices(15, 10.5, 10)})
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert answer.crossing == "from 10 requests a connection on it costs at most 10% more than one that is kept"


def test_the_chart_has_no_point_for_the_kept_one() -> None:
    answer = judge({"sockets/epoll": prices(60, 15, 10)})
    assert [list(series.points) for series in answer.charts[0].series] == [[(1, 6.0), (10, 1.5)]]
    assert [row[1] for row in answer.table] == ["requests a connection", "1", "10", "kept"]
