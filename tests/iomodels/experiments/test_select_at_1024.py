"""What is said of select at descriptor 1024, from figures; and the limit itself."""

import sys

import pytest

from iomodels.experiments.experiment import Verdict
from iomodels.experiments.experiments._crowd import need_descriptors
from iomodels.experiments.experiments.select_at_1024 import judge, takes

SERVED = {
    "a tutorial's loop": {1000: 1000, 1100: 0},
    "sockets/select": {1000: 1000, 1100: 1018},
    "sockets/poll": {1000: 1000, 1100: 1100},
}


@pytest.mark.skipif(sys.platform != "linux", reason="FD_SETSIZE is 1024 on Linux")
def test_the_limit_is_on_the_number() -> None:
    need_descriptors(1100)
    assert [takes(number) for number in (1023, 1024, 1030)] == [True, False, False]


def test_it_holds_where_select_refuses_1024() -> None:
    answer = judge([True, False], SERVED)
    assert answer.verdict is Verdict.HOLDS
    assert "with 1,100 clients a tutorial's loop serves 0, sockets/select 1,018, sockets/poll 1,100" in answer.says
    assert "ends a loop that does not look" in answer.because


def test_it_does_not_hold_where_select_takes_1024() -> None:
    everybody = {name: {1000: 1000, 1100: 1100} for name in SERVED}
    answer = judge([True, True], everybody)
    assert answer.verdict is Verdict.DOES_NOT_HOLD
    assert answer.because == ""


def test_the_figures_are_all_there() -> None:
    answer = judge([True, False], SERVED)
    assert answer.table == [["clients", *SERVED], ["1,000", "1,000", "1,000", "1,000"], ["1,100", "0", "1,018", "1,100"]]
    (chart,) = answer.charts
    assert [list(series.points) for series in chart.series] == [[(1000, 1000), (1100, last)] for last in (0, 1018, 1100)]
