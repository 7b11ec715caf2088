"""What experiments found, as text for a terminal of 100 columns: the claim, the verdict, the sentence to quote, the figures."""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import click

from iomodels.experiments.experiment import Experiment, Record, Verdict
from iomodels.experiments.run import Ran

__all__ = ["listing", "render", "summary"]

WIDTH = 100
INDENT = "  "
SHADES = {Verdict.HOLDS: "green", Verdict.DOES_NOT_HOLD: "red", Verdict.DEPENDS: "yellow"}
MISSING = "cannot be made here"
FAILED = "failed"
COUNTED = {
    Verdict.HOLDS: ("claim holds", "claims hold"),
    Verdict.DOES_NOT_HOLD: ("does not hold here", "do not hold here"),
    Verdict.DEPENDS: ("depends", "depend"),
}

Paint = Callable[..., str]


def render(ran: Ran, *, colour: bool = False) -> str:
    """One experiment."""

    def paint(text: str, shade: str | None = None, *, bold: bool = False) -> str:
        return click.style(text, fg=shade, bold=bold or None) if colour else text

    return "\n".join(_lines(ran, paint)) + "\n"


def summary(ran: Sequence[Ran]) -> str:
    """`5 claims hold, 1 does not hold here, 1 cannot be made here`: counts, and no judgement."""
    verdicts = Counter(each.record.answer.verdict for each in ran if each.record is not None)
    words = [f"{verdicts[verdict]} {COUNTED[verdict][verdicts[verdict] != 1]}" for verdict in Verdict if verdicts[verdict]]
    for count, what in ((sum(bool(each.missing) for each in ran), MISSING), (sum(bool(each.failure) for each in ran), FAILED)):
        words += [f"{count} {what}"] if count else []
    return ", ".join(words) or "nothing was made"


def listing(experiments: Sequence[Experiment]) -> str:
    """Names and claims."""
    width = max((len(experiment.name) for experiment in experiments), default=0)
    return "".join(f"{experiment.name:<{width}}  {experiment.claim}\n" for experiment in experiments)


def _lines(ran: Ran, paint: Paint) -> Iterator[str]:
    yield paint(ran.experiment.name, bold=True)
    yield from _wrapped(ran.experiment.claim)
    if ran.record is None:
        word, shade, reason = (FAILED, "magenta", ran.failure) if ran.failure else (MISSING, "cyan", ran.missing)
        yield f"{INDENT}{paint(word, shade, bold=True)}"
        yield from _wrapped(reason)
        return
    answer = ran.record.answer
    crossing = f": {answer.crossing}" if answer.crossing else ""
    yield f"{INDENT}{paint(answer.verdict.value, SHADES[answer.verdict], bold=True)}{crossing}"
    yield ""
    yield from _wrapped(answer.says)
    yield from _wrapped(answer.because)
    yield ""
    yield from _table(answer.table, paint)
    yield ""
    yield from (paint(line, "bright_black") for line in _wrapped(_about(ran.record)))


def _table(table: Sequence[Sequence[str]], paint: Paint) -> Iterator[str]:
    """Words to the left, figures to the right: a column of figures is one whose every cell begins as figures do."""
    columns = list(zip(*table, strict=True))
    widths = [max(map(len, column)) for column in columns]
    aligned = [">" if all(cell[:1] in "0123456789-<>~+" for cell in column[1:]) else "<" for column in columns]
    for number, row in enumerate(table):
        cells = (f"{cell:{align}{width}}" for cell, align, width in zip(row, aligned, widths, strict=True))
        line = INDENT + "  ".join(cells).rstrip()
        yield paint(line, bold=True) if number == 0 else line


def _about(record: Record) -> str:
    how = "quick" if record.quick else "thorough"
    return f"measured: {record.measured}; {how}, {record.seconds:.0f} s. Source: {record.source}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
    )
