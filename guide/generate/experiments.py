"""What came of each claim, from the records that are committed: a table of all, a section for each, and lines for other pages.

`iomodels experiments --data guide/data/experiments --figures guide/figures/experiments` makes them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from iomodels.bench.metadata import machine
from iomodels.experiments import document
from iomodels.experiments.experiment import Record, Verdict
from iomodels.report.markdown import cell, table

__all__ = ["experiments", "tried"]

DATA = Path(__file__).resolve().parents[1] / "data" / "experiments"
FIGURES = "figures/experiments"  # from the page
COUNTED = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.DOES_NOT_HOLD: ("does not hold", "do not hold"),
    Verdict.DEPENDS: ("depends", "depend"),
}


def experiments(data: Path = DATA) -> str:
    """All that was tried: how many claims hold, a row for each, a section for each."""
    records = _records(data)
    if not records:
        return "None has been made yet."
    rows = ([f"[{_plain(record.claim)}](#{record.name})", _verdict(record)] for record in records)
    return "\n\n".join([_counts(records), "\n".join(table(["claim", "here"], rows)), *map(_section, records)])


def tried(*names: str, up: str = "../", data: Path = DATA) -> str:
    """These experiments as a list for another page, with what came out. Raises LookupError for one that was not made.

    up: the way from the page to the guide's root.
    """
    known = {record.name: record for record in _records(data)}
    for name in names:
        if name not in known:
            raise LookupError(f"{name} was not made: iomodels experiments {name} --data {data}")
    chosen = [known[name] for name in names]
    return "\n".join(
        f"- [{_plain(each.claim)}]({up}experiments.md#{each.name}) {_verdict(each)}: {_plain(each.answer.says)}"
        for each in chosen
    )


def _records(data: Path) -> list[Record]:
    """By name. Raises LookupError for a file that is none."""
    records = []
    for path in sorted(data.glob("*.json")):
        try:
            records.append(document.load(path.read_text(encoding="utf-8")))
        except document.DocumentError as error:
            raise LookupError(f"{path}: {error}") from error
    return records


def _counts(records: Sequence[Record]) -> str:
    verdicts = Counter(record.answer.verdict for record in records)
    counted = [f"{verdicts[each]} {words[verdicts[each] != 1]}" for each, words in COUNTED.items() if verdicts[each]]
    machines = sorted({machine(record.metadata) for record in records})
    return f"{len(records)} claims: {', '.join(counted)}. {'; '.join(machines)}."


def _verdict(record: Record) -> str:
    answer = record.answer
    return f"**{answer.verdict.value}**" + (f", {_plain(answer.crossing)}" if answer.crossing else "")


def _begun(verdict: str) -> str:
    """With a capital letter."""
    return f"**{verdict[2].upper()}{verdict[3:]}"


def _section(record: Record) -> str:
    answer = record.answer
    made = f"{'In a hurry' if record.quick else 'Thorough'}: {record.seconds:.0f} s, {str(record.metadata['date'])[:10]}."
    figures = [f"![{chart.description}]({FIGURES}/{name}.svg)" for name, chart in record.figures.items()]
    head, *rows = answer.table
    blocks = [
        f"## {record.name.replace('-', ' ').capitalize()}",
        f"*{_plain(record.claim)}*",
        f"{_begun(_verdict(record))}. {_plain(answer.says)}",
        _plain(answer.because),
        *figures,
        "\n".join(_table(head, rows)),
        _plain(record.how),
        f"Measured: {_plain(record.measured)}. Source: {_plain(record.source)}. {made} `iomodels experiments {record.name}`",
    ]
    return "\n\n".join(filter(None, blocks))


def _plain(text: str) -> str:
    """Text in which nothing but code between backticks is Markdown: `sock_*` is a name, and no emphasis begins there."""
    parts = text.split("`")
    return "`".join(re.sub(r"([*<\\])", r"\\\1", part) if place % 2 == 0 else part for place, part in enumerate(parts))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table whose columns of figures are set to the right."""
    lines = list(table([cell(_plain(each)) for each in head], [[_plain(each) for each in row] for row in rows]))
    right = [column > 0 and all(row[column][:1] in "0123456789-<>~+" for row in rows) for column in range(len(head))]
    lines[1] = f"|{'|'.join('---:' if each else '---' for each in right)}|"
    return iter(lines)
