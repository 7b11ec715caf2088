"""Rules and refusals as Markdown."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from iomodels.migrate.explain import LIBRARIES, REFUSED, Explanation, clauses, grouped
from iomodels.migrate.rule import Rule
from iomodels.report import markdown

if TYPE_CHECKING:  # it needs libcst
    from iomodels.migrate.rewrite.refusals import Reason

__all__ = ["one_refusal", "one_rule", "table"]


def table(rules: Sequence[Rule], refusals: Sequence["Reason"]) -> str:
    """A table for each group of rules, and one for the refusals."""
    lines: list[str] = []
    for heading, members in grouped(rules):
        rows = ((each.code, each.name, each.by, each.summary) for each in members)
        lines += [f"## {heading}", "", *markdown.table(("code", "name", "by", "what"), rows), ""]
    if refusals:
        reasons = ((each.code, each.name, each.summary, each.by_hand, f"`guide/{each.guide}`") for each in refusals)
        lines += [f"## {REFUSED}", "", *markdown.table(("code", "name", "why", "what to do by hand", "guide"), reasons), ""]
    return "\n".join(lines)


def one_rule(told: Explanation) -> str:
    """A section about a rule."""
    return "\n\n".join(_blocks(told)) + "\n"


def _blocks(told: Explanation) -> Iterator[str]:
    rule = told.rule
    yield f"## {rule.code} {rule.name}"
    yield f"{_begun(rule.summary)}. *{rule.by.capitalize()}.*"
    yield f"It finds {told.matches[0].lower()}{told.matches[1:]}"
    yield f"```python\n{rule.example}```"
    yield "\n".join(f"- line {mark.place.line}: {mark.text}" for mark in told.marks)
    for library in LIBRARIES:
        yield f"**{library}**"
        yield "\n".join(["```text", *clauses(getattr(rule, library)), "```"])
    yield f"**The trap**: {rule.trap}"
    if told.case is not None:
        yield f"**Case** `{told.case.id}`: {told.case.says}"
    yield f"**Guide**: `guide/{rule.guide}`"


def one_refusal(reason: "Reason") -> str:
    """A section about a refusal."""
    by_hand = f"**By hand**: {reason.by_hand}"
    return f"## {reason.code} {reason.name}\n\n{_begun(reason.summary)}.\n\n{by_hand}\n\n**Guide**: `guide/{reason.guide}`\n"


def _begun(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
