"""What came of a verification, as text and for JSON; and what is kept of what was not: recordings that show why."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from iomodels.differ.asking import save_recordings
from iomodels.differ.report import as_json, as_text, told
from iomodels.migrate.verify import Verdict
from iomodels.migrate.verify.asking import Comparison, Wanted

__all__ = ["fields", "lines", "saved"]


def saved(verdicts: Sequence[Verdict], folder: Path) -> list[Verdict]:
    """The same, with the recordings written that reproduce what differs: into a folder for each file where there are several.

    Raises PlanError.
    """
    found = []
    several = sum(not verdict.kept for verdict in verdicts) > 1
    for verdict in verdicts:
        where = folder / Path(verdict.tried.path).stem if several else folder
        found.append(replace(verdict, comparisons=[_saved(each, where) for each in verdict.comparisons]))
    return found


def _saved(comparison: Comparison, folder: Path) -> Comparison:
    report = comparison.report
    if report is None or not report.different:
        return comparison
    recordings = save_recordings(folder, report.outcomes, comparison.program.text)
    return replace(comparison, report=replace(report, recordings=recordings))


def lines(verdict: Verdict, wanted: Wanted) -> Iterator[str]:
    """For people: that nothing differs, or what does, old and new side by side."""
    for comparison in verdict.comparisons:
        report = comparison.report
        if comparison.alike and report is not None:
            yield f"{verdict.moved.path}: nothing differs, `{comparison.program.text}`:"
            yield from (f"  {line}" for line in as_text(report).splitlines() if line)
            yield from (f"  {line}" for line in _reservations(wanted))
        elif report is not None:
            for number in report.different:
                outcome = report.outcomes[number]
                yield f"different: {outcome.conversation.name}"
                yield told(outcome).rstrip("\n")
                yield f"  it is recorded in {', '.join(map(str, report.recordings[number]))}"
            if comparison.others:
                yield f"also different: {'; '.join(comparison.others)}"
            if report.changed:
                yield as_text(replace(report, outcomes=(), recordings={})).rstrip("\n")


def _reservations(wanted: Wanted) -> Iterator[str]:
    """What the verdict is silent about."""
    if wanted.unsaid:
        yield "it was asked some lines of text: give --recording FILE, or --service, for what its clients say"
    if wanted.concurrent:
        yield "who of several clients waits for whom was not compared: --concurrent is to change that"


def fields(verdict: Verdict) -> Mapping[str, Any]:
    """For programs."""
    return {
        "kept": verdict.kept,
        "comparisons": [
            {
                "command": comparison.program.text,
                "alike": comparison.alike,
                "text": comparison.text,
                "also_different": [*comparison.others],
                "report": json.loads(as_json(comparison.report)) if comparison.report is not None else None,
            }
            for comparison in verdict.comparisons
        ],
    }
