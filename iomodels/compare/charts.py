"""The figures of a comparison, from its findings."""

import math
from collections.abc import Callable, Sequence

from iomodels.bench.results import Cell
from iomodels.bench.subjects import CEILING
from iomodels.compare.findings import Findings
from iomodels.figures.chart import Chart, Mark, Series

__all__ = ["by_connections", "latency", "ranking"]

PERCENTILES = {0: "0 %", 1: "90 %", 2: "99 %", 3: "99.9 %", 4: "99.99 %"}  # by -log10 of the share that is slower
STEP = 0.1
ENOUGH = 10  # requests that are slower than a percentile, for it to mean something


def ranking(findings: Findings) -> Chart:
    """CPU per request, the cheapest first, of those that are measured again and again: the table has the others too."""
    chosen = [*findings.against, *findings.plan.again, CEILING]
    cells = [cell for cell in findings.ranking if cell.subject in chosen]
    several = any(len(cell.rounds) > 1 for cell in cells)
    return Chart(
        name="ranking",
        title=f"CPU time per request at {_connections(findings.plan.connections)}",
        description="A bar for each server, the cheapest first; a whisker goes from the best round to the worst."
        + (" The table has more servers." if len(cells) < len(findings.ranking) else ""),
        x="server",
        y="microseconds of CPU per request",
        series=[
            Series(
                "CPU",
                [(place, cell.cost) for place, cell in enumerate(cells)],
                [min(cell.values("cpu")) for cell in cells if several],
                [max(cell.values("cpu")) for cell in cells if several],
            )
        ],
        kind="bars",
        categories=[findings.called(cell.subject) for cell in cells],
        marks=_reference(findings),
    )


def _reference(findings: Findings) -> list[Mark]:
    return [Mark(cell.subject, y=cell.cost) for cell in findings.ranking if cell.subject == findings.plan.reference]


def latency(findings: Findings) -> Chart:
    """Latency by percentile, of those that are drawn as lines."""
    cells = _drawn(findings, findings.ranking)
    lines = [Series(cell.subject, _percentiles(cell)) for cell in cells]
    end = max((x for line in lines for x, _ in line.points), default=0.0)
    return Chart(
        name="latency",
        title=f"Latency by percentile at {_connections(findings.plan.connections)}",
        description="A line for each server: how long all but the slowest tenth, hundredth and so on took at most.",
        x="share of the requests",
        y="milliseconds, at most",
        series=lines,
        log_y=True,
        ticks=[(x, words) for x, words in PERCENTILES.items() if x <= end],
    )


def by_connections(findings: Findings) -> list[Chart]:
    """Throughput and CPU per request against the number of connections; nothing where there was no sweep."""
    if not findings.swept:
        return []
    rate = _swept(
        findings, "throughput", "Requests a second by connections", "requests a second", lambda cell: cell.median("rate")
    )
    cpu = _swept(
        findings, "cpu", "CPU time per request by connections", "microseconds of CPU per request", lambda cell: cell.cost
    )
    return [rate, cpu]


def _swept(findings: Findings, name: str, title: str, unit: str, figure: Callable[[Cell], float | None]) -> Chart:
    assert findings.results is not None
    points: dict[str, list[tuple[float, float]]] = {}
    cells = [cell for cell in findings.results.cells if cell.point in (findings.point, *findings.swept)]
    for cell in _drawn(findings, sorted(cells, key=lambda cell: cell.point.connections)):
        if (value := figure(cell)) is not None:
            points.setdefault(cell.subject, []).append((float(cell.point.connections), value))
    return Chart(
        name=name,
        title=title,
        description=f"A line for each server: {unit}, one request in flight on each connection.",
        x="connections",
        y=unit,
        series=[Series(subject, places) for subject, places in points.items()],
        log_x=True,
    )


def _drawn(findings: Findings, cells: Sequence[Cell]) -> list[Cell]:
    """The cells of those that are drawn as lines, in the same order in all figures."""
    order = [*findings.against, *findings.plan.swept]
    return sorted((cell for cell in cells if cell.subject in order), key=lambda cell: order.index(cell.subject))


def _percentiles(cell: Cell) -> list[tuple[float, float]]:
    count = cell.latency.get_total_count()
    most = min(max(PERCENTILES), math.log10(max(count / ENOUGH, 1)))
    places = [step * STEP for step in range(int(most / STEP) + 1)]
    return [(x, cell.latency.get_value_at_percentile(100 * (1 - 10**-x)) / 1e6) for x in places]


def _connections(number: int) -> str:
    return f"{number:,} connection{'s' if number > 1 else ''}"
