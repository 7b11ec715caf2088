"""Results for reading: a table for each point, the cheapest server first, and below what there is to know of the figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from iomodels.bench.doubts import doubts
from iomodels.bench.metadata import machine
from iomodels.bench.results import PERCENTILES, Cell, Results

__all__ = ["NONE", "aligned", "markdown", "piped", "ranked", "text"]

KIB, MIB = 1024, 1024 * 1024
NONE = "-"  # in place of what was not measured
BETWEEN = "  "


@dataclass(frozen=True)
class Column:
    """A column: its heading, and what it says of a cell."""

    head: str
    of: Callable[[Cell], str]


def ranked(cells: Sequence[Cell]) -> list[Cell]:
    """Cells of one point, the one that costs least first."""
    return sorted(cells, key=lambda cell: cell.cost)


def text(results: Results, width: int | None = None, *, colour: bool = False) -> str:
    """For a terminal of so many columns; a table that is wider is cut in two, and each part has the names."""
    lines: list[str] = []
    for point in results.points:
        rows = _rows(results, results.at(point))
        lines.append(f"\x1b[1m{point}\x1b[0m" if colour else str(point))
        for part in _parts(rows, width):
            lines += [*aligned(part), ""]
    return "".join(f"{line}\n" for line in [*lines, *_remarks(results, failed=False)])


def markdown(results: Results) -> str:
    """The same in Markdown."""
    lines: list[str] = []
    for point in results.points:
        lines += [f"**{point}**", "", *piped(_rows(results, results.at(point))), ""]
    return "".join(f"{line}\n" for line in [*lines, *(f"- {remark}" for remark in _remarks(results, failed=True))])


def _rows(results: Results, cells: Sequence[Cell]) -> list[list[str]]:
    columns = _columns(results, cells)
    return [[column.head for column in columns], *([column.of(cell) for column in columns] for cell in ranked(cells))]


def _columns(results: Results, cells: Sequence[Cell]) -> list[Column]:
    reference = results.reference

    def ratio(cell: Cell) -> str:
        found = results.ratio(cell)
        return NONE if found is None else f"{found:.2f}"

    columns = [
        Column("server", lambda cell: cell.subject),
        Column("us/request", lambda cell: f"{cell.cost:.2f}"),
        Column("spread", lambda cell: f"{cell.spread('cpu'):.0%}" if len(cell.rounds) > 1 else NONE),
    ]
    if reference is not None and any(cell.subject == reference for cell in cells):
        columns.append(Column(f"x {reference.rpartition('/')[2]}", ratio))
    columns.append(Column("requests/s", lambda cell: _number(cell.median("rate"), ",.0f")))
    columns += [
        *(Column(f"{name} ms", _latency(name)) for name in PERCENTILES),
        Column("PSS MiB", lambda cell: _number(cell.median("memory"), ".1f", MIB)),
        Column("KiB/conn.", lambda cell: _number(cell.median("per-connection"), ".1f", KIB)),
        Column("calls", _calls),
        Column("switches", lambda cell: _number(cell.median("switches"), ".2f")),
        Column("threads", lambda cell: str(max(each.threads for each in cell.rounds))),
        Column("processes", lambda cell: str(max(each.processes for each in cell.rounds))),
    ]
    return columns


def _latency(name: str) -> Callable[[Cell], str]:
    return lambda cell: _significant((cell.median(name) or 0.0) / 1000)


def _significant(value: float) -> str:
    """Three digits of it, or all before the point."""
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def _number(value: float | None, form: str, unit: float = 1.0) -> str:
    return NONE if value is None else format(value / unit, form)


def _calls(cell: Cell) -> str:
    return _number(cell.calls_per_request, ".2f")


def _parts(rows: list[list[str]], width: int | None) -> list[list[list[str]]]:
    """The table, or the parts of it that fit, each with the first column."""
    widths = [max(map(len, column)) + len(BETWEEN) for column in zip(*rows, strict=True)]
    if width is None or sum(widths) <= width:
        return [rows]
    parts, begin = [], 1
    while begin < len(widths):
        room = list(accumulate(widths[begin:], initial=widths[0]))
        fits = max(1, sum(each <= width for each in room) - 1)
        parts.append([[row[0], *row[begin : begin + fits]] for row in rows])
        begin += fits
    return parts


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Rows in columns, so many of them flush left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if number < left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(BETWEEN.join(cells).rstrip())
    return lines


def piped(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """The same as a table of Markdown."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return [head, "|---" * left + "|---:" * (len(rows[0]) - left) + "|", *body]


def _remarks(results: Results, *, failed: bool) -> list[str]:
    """What there is to know; `failed`: also who has, which a command tells on standard error."""
    settings = results.settings
    server, generator = settings.cores
    rounds = max((len(cell.rounds) for cell in results.cells), default=0)
    many = f"median of {rounds} rounds" if rounds > 1 else "1 round"
    how = f"{many} of {settings.seconds:g} s; spread: (max - min) / median of us/request"
    if results.reference in results.subjects:
        how += "; ratios are medians of the rounds' own"
    where = f"server on core {server}, generator on core {generator}"
    if settings.workers is not None:
        where = f"server on core {server}, load from {settings.workers} Dask workers"
    absent = [f"skipped: {name}: {reason}" for name, reason in results.skipped.items()]
    if failed:
        absent += [f"failed: {name}: {reason}" for name, reason in results.failed.items()]
    if not results.cells:
        return absent
    return [
        *absent,
        *results.remarks,
        *(["interrupted: these are the rounds until then"] if results.interrupted else []),
        *(f"warning: {doubt}" for doubt in doubts(results)),
        f"{how}; {where}",
        machine(results.metadata),
    ]
