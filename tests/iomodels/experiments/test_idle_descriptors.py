"""What is said of the cost beside idle connections, from figures."""

import pytest

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments.idle_descriptors import judge

LEVEL = {0: [10.0, 11.0, 9.0], 900: [10.5], 10_000: [10.4]}
STEEP = {0: [10.0], 900: [40.0], 10_000: [600.0]}
OF_SELECT = {0: [10.0], 900: [35.0]}


def test_it_holds_where_select_and_poll_rise_and_the_others_do_not() -> None:
    answer = judge({"sockets/select": OF_SELECT, "sockets/poll": STEEP, "sockets/epoll": LEVEL, "trio/threads": LEVEL})
    assert answer.verdict is Verdict.HOLDS
    assert "1.04 x what it costs beside none with sockets/epoll" in answer.says
    assert "60 x with sockets/poll" in answer.says
    assert "59 ns" in answer.because


def test_it_does_not_hold_where_nobody_rises() -> None:
    answer = judge({"sockets/select": {0: [10.0], 900: [11.0]}, "sockets/poll": LEVEL, "sockets/epoll": LEVEL})
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert answer.crossing == ""


def test_it_depends_where_one_rises_that_should_not() -> None:
    answer = judge({"sockets/select": OF_SELECT, "sockets/poll": STEEP, "sockets/epoll": LEVEL, "trio/threads": STEEP})
    assert answer.verdict is Verdict.DEPENDS


def test_the_point_where_poll_costs_twice_what_epoll_does_lies_between_two_measurements() -> None:
    poll = {0: [10.0], 1000: [30.0], 10_000: [300.0]}
    epoll = {0: [10.0], 1000: [10.0], 10_000: [10.0]}
    answer = judge({"sockets/select": OF_SELECT, "sockets/poll": poll, "sockets/epoll": epoll})
    assert answer.crossing == "sockets/poll costs 2 x what sockets/epoll does from some 500 idle connections on"


def test_select_has_no_figure_beyond_its_limit() -> None:
    answer = judge({"sockets/select": OF_SELECT, "sockets/poll": STEEP, "sockets/epoll": LEVEL})
    rows = {row[0]: row for row in answer.table}
    assert rows["sockets/select"][1:] == ["10.0", "35.0", "-", "3.50"]
    (chart,) = answer.charts
    points = {series.label: [x for x, _ in series.points] for series in chart.series}
    assert points == {"sockets/select": [0, 900], "sockets/poll": [0, 900, 10_000], "sockets/epoll": [0, 900, 10_000]}
    assert chart.series[2].low == pytest.approx([9.0, 10.5, 10.4])
    assert chart.series[2].high == pytest.approx([11.0, 10.5, 10.4])
