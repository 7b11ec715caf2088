"""The record of an experiment as JSON and back, and what is no record."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from iomodels.experiments import document
from tests.iomodels.experiments.samples import BARS, CHART, RECORD

TEXT = document.dump(RECORD)


def test_what_is_written_is_read_again() -> None:
    read = document.load(TEXT)
    assert (read.answer.verdict, read.answer.crossing) == (RECORD.answer.verdict, RECORD.answer.crossing)
    assert read.answer.charts[0].series == CHART.series
    assert read.answer.charts[0].marks == CHART.marks
    assert document.dump(read) == TEXT


def test_a_row_and_a_series_have_a_line_each() -> None:
    lines = [line.strip().rstrip(",") for line in TEXT.splitlines()]
    assert '["sockets/one", "2.5"]' in lines
    assert '{"label": "down", "points": [[1, 4], [10, 1.5]], "low": [], "high": []}' in lines
    assert '{"label": "it turns", "x": 3, "y": null}' in lines


def test_the_first_chart_has_the_experiments_name() -> None:
    assert RECORD.figures == {"made-up": CHART, "made-up-2": BARS}


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    data = json.loads(TEXT)
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TEXT[: len(TEXT) // 2], "not JSON"),
        ("[]", "without 'schema_version'"),
        (changed(lambda data: data.update(schema_version=0)), "schema_version is 0, and this program reads 1"),
        (changed(lambda data: data.pop("claim")), "without 'claim'"),
        (changed(lambda data: data["answer"].pop("table")), "without 'table'"),
        (changed(lambda data: data["answer"].update(verdict="perhaps")), "perhaps"),
        (changed(lambda data: data["answer"]["table"].append(["alone"])), "not of one length"),
        (changed(lambda data: data["answer"]["charts"][0]["series"][0].update(points=[["a", 1]])), "'a' is not a number"),
        (changed(lambda data: data["answer"]["charts"][0].update(colour="red")), "colour"),
        (changed(lambda data: data["answer"].update(charts=None)), "not the record of an experiment"),
        (changed(lambda data: data.update(answer=[])), "not the record of an experiment"),
        (changed(lambda data: data.update(surplus=1)), "surplus"),
    ],
)
def test_what_is_no_record_is_refused_in_a_line(text: str, says: str) -> None:
    with pytest.raises(document.DocumentError, match=says) as refused:
        document.load(text)
    assert "\n" not in str(refused.value)
