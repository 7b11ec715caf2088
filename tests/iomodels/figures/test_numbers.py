"""Numbers as they are written, and a chart's numbers as a table."""

import pytest

from iomodels.figures.number import number
from iomodels.figures.table import table
from tests.iomodels.figures.charts import BARS, LINES


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.012345, "0.0123"),
        (0.5, "0.5"),
        (1.234, "1.23"),
        (12.0, "12"),
        (99.96, "100"),
        (1234.5, "1,230"),
        (1_048_576, "1,050,000"),
        (-2.5, "-2.5"),
        (float("nan"), "-"),
        (float("inf"), "-"),
    ],
)
def test_a_number_has_three_digits(value: float, written: str) -> None:
    assert number(value) == written


def test_lines_have_a_row_for_each_place() -> None:
    head, *rows = table(LINES)
    assert head == ["idle descriptors", *(series.label for series in LINES.series)]
    assert [row[0] for row in rows] == ["1", "10", "100", "1,000"]
    assert rows[-1][1:4] == ["-", "27", "7.5"]


def test_bars_have_a_row_for_each_category() -> None:
    head, *rows = table(BARS)
    assert head == ["server", "CPU (us of CPU per request)"]
    assert [row[0] for row in rows] == list(BARS.categories)
    assert rows[1][1] == "12.3"
