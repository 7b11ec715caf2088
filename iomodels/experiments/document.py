"""The record of an experiment as JSON, with a `schema_version`, and back. A line for each row of the table and each series of a
chart, so that diff(1) can compare two."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from iomodels.experiments.experiment import Answer, Record, Verdict
from iomodels.figures.chart import Chart, Mark, Series

__all__ = ["SCHEMA_VERSION", "DocumentError", "dump", "fields_of", "load", "record_of"]

SCHEMA_VERSION = 1  # goes up when a field changes its meaning or disappears
NOT_ONE = "not the record of an experiment"


class DocumentError(ValueError):
    """Not the JSON of an experiment; the text says why."""


def dump(record: Record) -> str:
    """The document. Raises ValueError when a figure of it is no number: JSON knows no infinity."""
    return _lines({"schema_version": SCHEMA_VERSION, **fields_of(record)}, "") + "\n"


def fields_of(record: Record) -> dict[str, Any]:
    """What `dump` writes, as plain data: for those who put several into one document."""
    return {**asdict(record), "metadata": dict(record.metadata)}


def load(text: str) -> Record:
    """The record of a document. Raises DocumentError."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or "schema_version" not in data:
        raise DocumentError(f"{NOT_ONE}: without 'schema_version'")
    version = data.pop("schema_version")
    if version != SCHEMA_VERSION:
        raise DocumentError(f"its schema_version is {version}, and this program reads {SCHEMA_VERSION}")
    return record_of(data)


def record_of(data: Mapping[str, Any]) -> Record:
    """The record that `fields_of` took apart. Raises DocumentError."""
    missing = [field.name for field in fields(Record) if field.name not in data]
    if missing:
        raise DocumentError(f"{NOT_ONE}: without {missing[0]!r}")
    try:
        return Record(**{**data, "answer": _answer(data["answer"])})
    except KeyError as error:
        raise DocumentError(f"{NOT_ONE}: without {error.args[0]!r}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise DocumentError(f"{NOT_ONE}: {error}") from error


def _answer(data: Mapping[str, Any]) -> Answer:
    table = [[str(cell) for cell in row] for row in data["table"]]
    if len({len(row) for row in table}) > 1:
        raise ValueError("the rows of its table are not of one length")
    charts = [_chart(chart) for chart in data["charts"]]
    return Answer(**{**data, "verdict": Verdict(data["verdict"]), "table": table, "charts": charts})


def _chart(data: Mapping[str, Any]) -> Chart:
    series = [Series(**{**each, "points": [(_number(x), _number(y)) for x, y in each["points"]]}) for each in data["series"]]
    return Chart(**{**data, "series": series, "marks": [Mark(**mark) for mark in data["marks"]]})


def _number(value: Any) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


def _lines(value: Any, indent: str) -> str:
    """JSON: on one line what is called by a label (a series, a mark), and what holds nothing but words and numbers."""
    deeper = indent + " "
    if isinstance(value, Mapping) and value and "label" not in value:
        entries = (f"{deeper}{json.dumps(name)}: {_lines(each, deeper)}" for name, each in value.items())
        return "{\n" + ",\n".join(entries) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(isinstance(each, Mapping | list | tuple) for each in value):
        return "[\n" + ",\n".join(deeper + _lines(each, deeper) for each in value) + f"\n{indent}]"
    return json.dumps(value, allow_nan=False)
