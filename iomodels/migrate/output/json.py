"""A scan as JSON, which can be read back.

schema_version: 1; a change that breaks a reader raises it, a new member does not.
files, lines, parsed: how many were read, and how many files had to be parsed. seconds: how long that took.
findings: a list, by place: `rule` (its code), `text`, `confidence`, `unit` (the name of the unit it lies in) and `place`
(`path`, `line`, `column`, `end_line`, `end_column`; from 1, in characters, the end exclusive).
units: a list, by place: `place`, `name` ("" is the module), `kind`, `model`, `reasons`, `stay` (why it is better left, or "").
skipped: a list: `path`, `reason`, `text`, `line` (0: the whole file).
ignored: how many findings were taken out, by what did it.
rules: of each code that was found: `name`, `group`, `summary`, `asyncio`, `trio`, `anyio`, `by`, `trap`, `guide`, `case`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from iomodels.migrate.finding import Confidence, Finding, Kind, Model, Place, Scan, Skipped, Unit
from iomodels.migrate.rule import Rule
from iomodels.migrate.sources import Sources

__all__ = ["SCHEMA_VERSION", "read", "render"]

SCHEMA_VERSION = 1
OF_A_RULE = ("name", "group", "summary", "asyncio", "trio", "anyio", "by", "trap", "guide", "case")

Value = TypeVar("Value")


def render(scan: Scan, rules: Mapping[str, Rule], _: Sources) -> str:
    """The whole report."""
    found = sorted({finding.rule for finding in scan.findings})
    document = {
        "schema_version": SCHEMA_VERSION,
        **asdict(scan),
        "seconds": float(scan.seconds),  # a reader of ours takes no whole number for one
        "rules": {code: {name: getattr(rules[code], name) for name in OF_A_RULE} for code in found},
    }
    return json.dumps(document, indent=2) + "\n"


def read(text: str) -> Scan:
    """The scan that `render` wrote, with tuples for its sequences. Raises ValueError, in one line, when it is none."""
    try:
        document = json.loads(text)
        version = _member(document, "schema_version", int)
        if version != SCHEMA_VERSION:
            raise ValueError(f"its schema_version is {version}, not {SCHEMA_VERSION}")
        return _scan(document)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not the JSON of a scan: {error}") from error


def _scan(document: object) -> Scan:
    ignored = _member(document, "ignored", dict)
    return Scan(
        findings=tuple(map(_finding, _member(document, "findings", list))),
        units=tuple(map(_unit, _member(document, "units", list))),
        skipped=tuple(map(_skipped, _member(document, "skipped", list))),
        seconds=_member(document, "seconds", float),
        ignored={name: _member(ignored, name, int) for name in ignored},
        **{name: _member(document, name, int) for name in ("files", "lines", "parsed")},
    )


def _finding(table: object) -> Finding:
    rule, text, confidence, unit = (_member(table, name, str) for name in ("rule", "text", "confidence", "unit"))
    return Finding(_place(table), rule, text, Confidence(confidence), unit)


def _unit(table: object) -> Unit:
    name, kind, model, stay = (_member(table, name, str) for name in ("name", "kind", "model", "stay"))
    reasons: list[Any] = _member(table, "reasons", list)
    return Unit(_place(table), name, Kind(kind), Model(model), tuple(map(str, reasons)), stay)


def _skipped(table: object) -> Skipped:
    path, reason, text = (_member(table, name, str) for name in ("path", "reason", "text"))
    return Skipped(path, reason, text, _member(table, "line", int))


def _place(table: object) -> Place:
    place = _member(table, "place", dict)
    numbers = (_member(place, name, int) for name in ("line", "column", "end_line", "end_column"))
    return Place(_member(place, "path", str), *numbers)


def _member(table: object, name: str, kind: type[Value]) -> Value:
    value = table.get(name) if isinstance(table, dict) else None
    if not isinstance(value, kind):
        raise ValueError(f"{name!r} is missing or no {kind.__name__}")
    return value
