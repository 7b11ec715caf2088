"""A comparison as one HTML file that asks nothing of the network: what `report.html` shows, and how it is filled in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from iomodels.bench.metadata import machine
from iomodels.compare import charts, grid, ranking
from iomodels.compare.findings import Findings
from iomodels.compare.words import caveats, quotable, unquiet, verdict
from iomodels.contract.runner import Verdict
from iomodels.experiments.experiment import Verdict as Claim
from iomodels.experiments.run import Ran
from iomodels.figures import table
from iomodels.figures.chart import Chart
from iomodels.figures.draw import render as drawn
from iomodels.report.page import templates
from iomodels.report.verdicts import BAD, summary

__all__ = ["render"]

CLAIMS = {Claim.HOLDS: "pass", Claim.DOES_NOT_HOLD: "fail", Claim.DEPENDS: "depends"}


@dataclass(frozen=True)
class Drawn:
    """A figure and its numbers."""

    svg: str
    table: Sequence[Sequence[str]]


def render(findings: Findings) -> str:
    """The file. Raises ImportError where jinja2 or matplotlib is not installed."""
    return templates(Path(__file__).parent).get_template("report.html").render(_told(findings))


def _told(findings: Findings) -> Mapping[str, Any]:
    """What the template has to work with."""
    results = findings.results
    good = findings.verdicts.good
    return {
        "title": f"iomodels compare, {findings.metadata['date'][:10]}",
        "good": good,
        "partly": not good and not findings.verdicts.failures(),
        "verdict": verdict(findings),
        "lines": quotable(findings),
        "machine": machine(findings.metadata),
        "metadata": findings.metadata,
        "against": [_rival(findings, name) for name in findings.against],
        "models": grid.models(findings),
        "grids": list(grid.cells(findings)),
        "failures": [
            ([column.name for column in columns], result, grid.MARKS[result.verdict][0])
            for columns, result in findings.verdicts.failures()
        ],
        "reasons": findings.verdicts.reasons(Verdict.NOT_APPLICABLE),
        "reference": findings.plan.reference,
        "connections": findings.plan.connections,
        "one_round": ranking.ONE_ROUND,
        "heads": ranking.heads(findings),
        "ranking": ranking.rows(findings, findings.ranking),
        "fewer": [
            (connections, ranking.rows(findings, list(cells)))
            for connections, cells in groupby(findings.fewer, lambda cell: cell.point.connections)
        ],
        "figures": [_drawn(chart) for chart in _charts(findings)],
        "bar": _drawn(charts.ranking(findings)) if findings.ranking else None,
        "skipped": results.skipped if results else {},
        "failed": results.failed if results else {},
        "experiments": [_experiment(ran) for ran in findings.ran],
        "unmade": findings.unmade,
        "caveats": list(caveats(findings)),
        "noise": unquiet(findings),
        "seconds": findings.seconds,
        "interrupted": findings.interrupted,
    }


def _charts(findings: Findings) -> Iterator[Chart]:
    if findings.ranking:
        yield charts.latency(findings)
        yield from charts.by_connections(findings)


def _drawn(chart: Chart) -> Drawn:
    return Drawn(drawn(chart), table.table(chart))


def _rival(findings: Findings, name: str) -> Mapping[str, Any]:
    """The user's own server in a few words."""
    names = [cell.subject for cell in findings.ranking]
    cell = next((cell for cell in findings.ranking if cell.subject == name), None)
    totals = findings.verdicts.totals(name)
    said = [summary(totals)]
    if cell is not None:
        times = findings.times(cell)
        beside = f", {times:.2f} times what {findings.plan.reference} takes" if times is not None else ""
        said.append(f"{cell.cost:.1f} us of CPU per request{beside}: number {names.index(name) + 1} of {len(names)}")
    elif findings.results is not None:
        reason = findings.results.failed.get(name) or findings.results.skipped.get(name)
        said += [f"its cost could not be measured: {reason}"] if reason else []
    return {"name": name, "said": said, "good": not any(totals[each] for each in BAD)}


def _experiment(ran: Ran) -> Mapping[str, Any]:
    answer = ran.record.answer if ran.record is not None else None
    return {
        "name": ran.experiment.name,
        "claim": ran.experiment.claim,
        "how": ran.experiment.how,
        "css": CLAIMS[answer.verdict] if answer else ("fail" if ran.failure else "na"),
        "verdict": answer.verdict.value if answer else ("could not be made" if ran.failure else "cannot be made here"),
        "why": ran.failure or ran.missing,
        "answer": answer,
        "record": ran.record,
        "figures": [_drawn(chart) for chart in answer.charts] if answer else [],
    }
