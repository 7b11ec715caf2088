"""What experiments found, as Markdown: a heading for each, and its figures in a table."""

from collections.abc import Iterator

from iomodels.experiments.run import Ran
from iomodels.report.markdown import cell, table

__all__ = ["render"]


def render(ran: Ran) -> str:
    """One experiment."""
    return "\n".join(_lines(ran)) + "\n"


def _lines(ran: Ran) -> Iterator[str]:
    yield from (f"## {ran.experiment.name}", "", ran.experiment.claim, "")
    if ran.record is None:
        yield f"**{'Failed' if ran.failure else 'Cannot be made here'}**: {ran.failure or ran.missing}"
        return
    answer = ran.record.answer
    crossing = f" ({answer.crossing})" if answer.crossing else ""
    yield from (f"**{answer.verdict.value.capitalize()}**{crossing}. {answer.says}", "")
    if answer.because:
        yield from (answer.because, "")
    head, *rows = answer.table
    yield from table([cell(text) for text in head], rows)
    yield from ("", f"Measured: {ran.record.measured}. Source: {ran.record.source}.")
