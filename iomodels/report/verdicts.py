"""The verdicts of some servers on some cases: what the reports of `check` and `matrix` show, whatever their format."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from iomodels.contract.case import Case
from iomodels.contract.runner import Result, Verdict

__all__ = ["BAD", "SCHEMA_VERSION", "Column", "Reason", "Verdicts", "summary"]

SCHEMA_VERSION = 1  # of the JSON; a change that breaks a reader of it raises this
BAD = (Verdict.FAIL, Verdict.ERROR, Verdict.NOT_RUN)  # none of these is a pass
WORDS = {
    Verdict.PASS: ("passed", "passed"),
    Verdict.FAIL: ("failed", "failed"),
    Verdict.ERROR: ("harness error", "harness errors"),
    Verdict.NOT_APPLICABLE: ("not applicable", "not applicable"),
    Verdict.NOT_RUN: ("not run", "not run"),
}


@dataclass(frozen=True)
class Column:
    """A server: its name, one sentence about it, and the service it speaks (None: each case chose)."""

    name: str
    says: str = ""
    service: str | None = None


@dataclass(frozen=True)
class Reason:
    """Why cases do not apply: a reason, and for each group of servers the same cases."""

    text: str
    where: Sequence[tuple[Sequence[str], Sequence[str]]]


@dataclass
class Verdicts:
    """A table of results: a column for each server, a row for each case."""

    columns: Sequence[Column]
    cases: Sequence[Case]
    results: dict[tuple[str, str], Result] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cases = sorted(self.cases, key=lambda case: (case.group, case.looks_back, case.id))

    def add(self, column: str, result: Result) -> None:
        """Note what a case said of a server."""
        self.results[column, result.case.id] = result

    def at(self, column: str, case: Case) -> Result:
        """What a case said of a server; not run when it has said nothing."""
        return self.results.get((column, case.id)) or Result(case, Verdict.NOT_RUN, "it was not reached")

    def cells(self) -> Iterator[tuple[Column, Result]]:
        """Every result, server by server."""
        for column in self.columns:
            for case in self.cases:
                yield column, self.at(column.name, case)

    def totals(self, column: str | None = None) -> Counter[Verdict]:
        """How often each verdict was given, to one server or to all."""
        return Counter(result.verdict for each, result in self.cells() if column in (None, each.name))

    @property
    def good(self) -> bool:
        """Whether nothing failed and nothing was left out."""
        return not any(self.totals()[verdict] for verdict in BAD)

    def failures(self) -> list[tuple[Sequence[Column], Result]]:
        """What failed, and what the harness itself got wrong, case by case; the same words from several servers once."""
        groups: dict[tuple[str, Verdict, str], tuple[list[Column], Result]] = {}
        for column, result in self.cells():
            if result.verdict in (Verdict.FAIL, Verdict.ERROR):
                key = result.case.id, result.verdict, result.detail
                groups.setdefault(key, ([], result))[0].append(column)
        return [groups[key] for key in sorted(groups, key=lambda key: key[0])]

    def reasons(self, verdict: Verdict) -> list[Reason]:
        """The reasons for this verdict, each once, with the cases and servers that it was given for."""
        by_reason: dict[str, dict[str, list[str]]] = {}
        for column, result in self.cells():
            if result.verdict is verdict:
                by_reason.setdefault(result.detail, {}).setdefault(column.name, []).append(result.case.id)
        reasons = []
        for text, cases_of in sorted(by_reason.items()):
            servers_of: dict[tuple[str, ...], list[str]] = {}
            for column_name, case_ids in cases_of.items():
                servers_of.setdefault(tuple(case_ids), []).append(column_name)
            reasons.append(Reason(text, [(servers, case_ids) for case_ids, servers in servers_of.items()]))
        return reasons


def summary(totals: Counter[Verdict]) -> str:
    """`41 passed, 2 failed, 5 not applicable`: counts, and no judgement."""
    counted = [(totals[verdict], *words) for verdict, words in WORDS.items() if totals[verdict]]
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counted) or "nothing was run"
