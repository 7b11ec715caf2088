"""Rules and refusals as JSON.

schema_version: 1; a change that breaks a reader raises it, a new member does not.
rules: a list, by code: `code`, `name`, `group`, `summary`, `asyncio`, `trio`, `anyio`, `by`, `trap`, `guide`, `case` (an id, or
""). One rule alone has besides: `matches`, `example`, `marks` (what is found in the example: `line`, `column`, `end_line`,
`end_column`, `text`), `beside` (codes of the rules that find something there as well) and `case_says`.
refusals: a list, by code: `code`, `name`, `summary`, `by_hand`, `guide`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from iomodels.migrate.explain import Explanation
from iomodels.migrate.rule import Rule

if TYPE_CHECKING:  # it needs libcst
    from iomodels.migrate.rewrite.refusals import Reason

__all__ = ["SCHEMA_VERSION", "one_refusal", "one_rule", "table"]

SCHEMA_VERSION = 1
OF_A_RULE = ("code", "name", "group", "summary", "asyncio", "trio", "anyio", "by", "trap", "guide", "case")
OF_A_MARK = ("line", "column", "end_line", "end_column")


def table(rules: Sequence[Rule], refusals: Sequence["Reason"]) -> str:
    """Every rule and every refusal."""
    return _document([_rule(rule) for rule in rules], [asdict(reason) for reason in refusals])


def one_rule(told: Explanation) -> str:
    """One rule, with all there is to tell."""
    marks = [{**{name: getattr(mark.place, name) for name in OF_A_MARK}, "text": mark.text} for mark in told.marks]
    more = {
        "matches": told.matches,
        "example": told.rule.example,
        "marks": marks,
        "beside": list(told.beside),
        "case_says": "" if told.case is None else told.case.says,
    }
    return _document([{**_rule(told.rule), **more}], [])


def one_refusal(reason: "Reason") -> str:
    """One refusal."""
    return _document([], [asdict(reason)])


def _rule(rule: Rule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in OF_A_RULE}


def _document(rules: Sequence[dict[str, Any]], refusals: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"schema_version": SCHEMA_VERSION, "rules": rules, "refusals": refusals}, indent=2) + "\n"
