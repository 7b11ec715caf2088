"""Verdicts as Markdown: a table with a row for each case, then every failure in full, and the reasons."""

from collections.abc import Iterable, Iterator

from iomodels.contract.runner import Verdict
from iomodels.report.verdicts import Verdicts, summary

__all__ = ["cell", "render", "table"]

MARKS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "**FAIL**",
    Verdict.ERROR: "**ERROR**",
    Verdict.NOT_APPLICABLE: "n/a",
    Verdict.NOT_RUN: "not run",
}


def render(verdicts: Verdicts) -> str:
    """The whole report."""
    return "\n".join(_lines(verdicts)) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A table's lines."""
    head = list(head)
    yield _row(head)
    yield _row("---" for _ in head)
    for row in rows:
        yield _row(cell(text) for text in row)


def cell(text: str) -> str:
    """Text that stands in a table."""
    return " ".join(text.replace("|", r"\|").split())


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _lines(verdicts: Verdicts) -> Iterator[str]:
    names = [column.name for column in verdicts.columns]
    yield summary(verdicts.totals())
    yield ""
    yield from table(
        ["case", *map(cell, names)],
        ([f"`{case.id}`", *(MARKS[verdicts.at(name, case).verdict] for name in names)] for case in verdicts.cases),
    )
    for columns, result in verdicts.failures():
        fence = "```"
        while fence in result.detail:
            fence += "`"
        yield from ("", f"### `{result.case.id}` on {', '.join(column.name for column in columns)}", "", result.case.says, "")
        yield from (f"{fence}text", result.detail.rstrip(), fence, "", f"Reference: {result.case.reference}")
    for verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_RUN):
        reasons = verdicts.reasons(verdict)
        if reasons:
            yield from ("", f"### {verdict.value.capitalize()}", "")
        for reason in reasons:
            yield f"- {cell(reason.text)}"
            for servers, case_ids in reason.where:
                who = f"{', '.join(servers)}: " if len(names) > 1 else ""
                yield f"  - {who}{', '.join(f'`{case_id}`' for case_id in case_ids)}"
