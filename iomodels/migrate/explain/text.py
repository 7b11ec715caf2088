"""Rules and refusals for people, in a terminal."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from iomodels.migrate.explain import LIBRARIES, REFUSED, Explanation, clauses, grouped
from iomodels.migrate.finding import Finding
from iomodels.migrate.rule import Rule

if TYPE_CHECKING:  # it needs libcst
    from iomodels.migrate.rewrite.refusals import Reason

__all__ = ["one_refusal", "one_rule", "table"]

WIDTH = 110
INDENT = 10  # where what is said begins, behind the longest word at the margin

Paint = Callable[..., str]


def table(rules: Sequence[Rule], refusals: Sequence["Reason"], *, colour: bool) -> str:
    """Every rule and every refusal, a line each."""
    paint = _painter(colour)
    names = max(map(len, [each.name for each in rules] + [each.name for each in refusals]))
    lines = []
    for heading, members in grouped(rules):
        lines += [paint(heading, bold=True)]
        lines += [f"  {paint(each.code, 'red')}  {each.name:<{names}}  {each.by:<9}  {each.summary}" for each in members]
        lines += [""]
    if refusals:
        lines += [paint(REFUSED.replace("`", ""), bold=True)]
        lines += [f"  {paint(each.code, 'red')}  {each.name:<{names}}  {'refusal':<9}  {each.summary}" for each in refusals]
        lines += [""]
    return "\n".join([*lines, "iomodels rule CODE explains one."]) + "\n"


def one_rule(told: Explanation, *, colour: bool) -> str:
    """A rule: what it finds, an example, what it becomes, and the trap."""
    rule, paint = told.rule, _painter(colour)
    lines = [f"{paint(rule.code, 'red', bold=True)} {paint(rule.name, bold=True)}: {rule.summary}", ""]
    lines += [*_marked(told, paint), ""]
    if told.beside:
        lines += [f"Found in it as well: {', '.join(told.beside)}.", ""]
    lines += _said("found", _wrapped(told.matches), paint)
    for library in LIBRARIES:
        lines += _said(library, clauses(getattr(rule, library)), paint)
    lines += _said("by", [rule.by], paint)
    lines += _said("trap", _wrapped(rule.trap), paint)
    if told.case is not None:
        lines += _said("case", [told.case.id, *_wrapped(told.case.says)], paint)
    lines += _said("guide", [f"guide/{rule.guide}"], paint)
    return "\n".join(lines) + "\n"


def one_refusal(reason: "Reason", *, colour: bool) -> str:
    """A refusal: why, and what to do by hand."""
    paint = _painter(colour)
    lines = [f"{paint(reason.code, 'red', bold=True)} {paint(reason.name, bold=True)}: {reason.summary}", ""]
    lines += _said("by hand", _wrapped(reason.by_hand), paint)
    lines += _said("guide", [f"guide/{reason.guide}"], paint)
    return "\n".join(lines) + "\n"


def _painter(colour: bool) -> Paint:
    def paint(text: str, shade: str | None = None, *, bold: bool = False) -> str:
        return click.style(text, fg=shade, bold=bold or None) if colour else text

    return paint


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH - INDENT, break_on_hyphens=False)


def _said(label: str, lines: Sequence[str], paint: Paint) -> Iterator[str]:
    """Lines, with a word at the margin of the first."""
    first, *others = lines
    yield f"{paint(f'{label:<{INDENT}}', 'cyan')}{first}"
    yield from (f"{'':<{INDENT}}{line}" for line in others)


def _marked(told: Explanation, paint: Paint) -> Iterator[str]:
    """The example, with what the rule finds underlined."""
    for number, line in enumerate(told.rule.example.splitlines(), 1):
        yield f"{paint(f'{number:>4} |', 'blue')} {line}".rstrip()
        for mark in told.marks:
            if mark.place.line == number:
                yield f"{paint('     |', 'blue')} {_caret(mark, line, paint)}"


def _caret(mark: Finding, line: str, paint: Paint) -> str:
    start = mark.place.column - 1
    end = mark.place.end_column - 1 if mark.place.end_line == mark.place.line else len(line)
    return f"{' ' * start}{paint('^' * max(1, end - start), 'red')} {mark.text}"
