"""Results as JSON, with a `schema_version`, and back. A line for each round, so that diff(1) can compare two."""

import json
from dataclasses import asdict, fields
from typing import Any

from iomodels.bench.results import PERCENTILES, Cell, Point, Results, Round, Settings
from iomodels.load.outcome import new_histogram

__all__ = ["SCHEMA_VERSION", "DocumentError", "dump", "load"]

SCHEMA_VERSION = 1  # goes up when a field changes its meaning or disappears
DIGITS = 6  # of a number that was measured: more than any of them means


class DocumentError(ValueError):
    """Not the JSON of a benchmark; the text says why."""


def dump(results: Results) -> str:
    """The document."""
    told = {field.name: getattr(results, field.name) for field in fields(Results) if field.name != "cells"}
    head = {"schema_version": SCHEMA_VERSION, **told, "settings": asdict(results.settings)}
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    cells = ",\n".join(_cell(results, cell) for cell in results.cells)
    return "{\n" + ",\n".join([*lines, f' "cells": [\n{cells}\n ]' if cells else ' "cells": []']) + "\n}\n"


def _cell(results: Results, cell: Cell) -> str:
    """One cell; what a reader wants to see first, and can be had from the rounds, stands before them."""
    head = {
        "subject": cell.subject,
        "point": asdict(cell.point),
        "cpu_us_per_request": cell.cost,
        "ratio": results.ratio(cell),
        "calls": cell.calls,
        "latency": cell.latency.encode().decode(),
    }
    lines = [f"   {json.dumps(name)}: {json.dumps(_rounded(value))}" for name, value in head.items()]
    rounds = ",\n".join(f"    {json.dumps(_rounded(asdict(each)))}" for each in cell.rounds)
    return "  {\n" + ",\n".join([*lines, f'   "rounds": [\n{rounds}\n   ]']) + "\n  }"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return value


def load(text: str) -> Results:
    """The results of a document. Raises DocumentError."""
    try:
        told = json.loads(text)
        version = told.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise DocumentError(f"its schema_version is {version}, and this program reads {SCHEMA_VERSION}")
        settings = told.pop("settings")
        settings["cores"] = tuple(settings["cores"])
        cells = [_loaded(cell) for cell in told.pop("cells")]
        return Results(**told, settings=Settings(**settings), cells=cells)
    except json.JSONDecodeError as error:
        raise DocumentError(f"not JSON: {error}") from error
    except KeyError as error:
        raise DocumentError(f"not the JSON of a benchmark: without {error.args[0]!r}") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise error if isinstance(error, DocumentError) else DocumentError(f"not the JSON of a benchmark: {error}") from error


def _loaded(told: dict[str, Any]) -> Cell:
    rounds = [_round(each) for each in told["rounds"]]
    if not rounds:
        raise DocumentError(f"not the JSON of a benchmark: {told['subject']} has no rounds")
    latency = new_histogram()
    try:
        latency.decode_and_add(told["latency"])
    except Exception as error:  # the library has a dozen of its own
        raise DocumentError(f"not the JSON of a benchmark: the latency of {told['subject']}: {error}") from error
    return Cell(told["subject"], Point(**told["point"]), rounds, latency, told["calls"])


def _round(told: dict[str, Any]) -> Round:
    each = Round(**{**told, "switches": tuple(told["switches"])})
    figures = [each.server_cpu, each.memory, *each.switches, *(each.latency[name] for name in PERCENTILES)]
    if min(each.requests, each.seconds) <= 0 or min(figures) < 0:
        raise DocumentError("not the JSON of a benchmark: it has a round without requests")
    return each
