"""How much work a part is, by a stated rule: its model, its length, what was found in it, and whether a machine moves it.

The hours are a judgement, not a measurement: those of somebody who knows the program and has tests. They are for comparing
parts, and for the order; the report shows the rule with them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iomodels.migrate.finding import Finding, Kind, Model, Unit
from iomodels.migrate.rule import By, Rule

__all__ = [
    "BASE",
    "CLIENT",
    "FINDING",
    "FURTHER",
    "HOURS_A_DAY",
    "LENGTH",
    "REVIEW",
    "WAITER",
    "Effort",
    "days",
    "effort",
    "of_findings",
]

HOURS_A_DAY = 6  # of a day of eight, what is left for one thing
SMALL, MIDDLE = 4, 12  # hours at most: half a day and a bit, two days
LENGTH = (100, 0.25, 4.0)  # lines that BASE is for; the least and the most that a part's length multiplies it by
FURTHER = 0.25  # what each further finding of a rule counts: the second time is routine
CLIENT = 0.5  # of BASE: a client has one conversation


@dataclass(frozen=True)
class Effort:
    """Hours, from and to."""

    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: "Effort") -> "Effort":
        return Effort(self.low + other.low, self.high + other.high)

    def times(self, factor: float) -> "Effort":
        return Effort(self.low * factor, self.high * factor)

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    @property
    def size(self) -> str:
        """S, M or L, by the longest that it may take."""
        return "S" if self.high <= SMALL else "M" if self.high <= MIDDLE else "L"

    def __str__(self) -> str:
        low, high = _rounded(self.low), _rounded(self.high)
        return f"{low} h" if low == high else f"{low} to {high} h"


# To understand, to move and to test a server of 100 lines, by how it waits.
BASE = {
    Model.BLOCKING: Effort(1, 3),
    Model.UDP: Effort(1, 3),
    Model.THREADS: Effort(1, 4),
    Model.SOCKETSERVER: Effort(1, 4),
    Model.THREAD_POOL: Effort(2, 6),
    Model.NONBLOCKING: Effort(2, 6),
    Model.SELECTORS: Effort(3, 10),
    Model.SIGNAL_DRIVEN: Effort(3, 10),
    Model.SELECT: Effort(4, 12),
    Model.POLL: Effort(4, 12),
    Model.EPOLL: Effort(4, 12),
    Model.KQUEUE: Effort(4, 12),
    Model.ASYNCORE: Effort(4, 12),
    Model.FORK: Effort(4, 12),
    Model.PREFORK: Effort(6, 16),
    Model.EVENT_LOOP: Effort(12, 40),
}
WAITER = Effort(0.25, 1)  # instead of BASE, for what only waits for a descriptor
REVIEW = Effort(
    0.25, 1
)  # instead of BASE and of what is moved, for a part that a machine moves: to read the diff and to test it
FINDING = {By.MACHINE: Effort(0.1, 0.25), By.BOTH: Effort(0.25, 1), By.HAND: Effort(0.5, 2)}


def effort(unit: Unit | None, lines: int, findings: Iterable[Finding], rules: Mapping[str, Rule], *, moved: bool) -> Effort:
    """What a part takes. unit: None for calls that belong to none. lines: its length. moved: whether a machine moves it."""
    if moved:
        return REVIEW + of_findings((each for each in findings if rules[each.rule].by is By.HAND), rules)
    return _base(unit, lines) + of_findings(findings, rules)


def of_findings(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> Effort:
    """What findings take: the first of a rule in full, each further one a part of it."""
    total = Effort()
    for code, number in Counter(finding.rule for finding in findings).items():
        total += FINDING[rules[code].by].times(1 + FURTHER * (number - 1))
    return total


def days(hours: Effort) -> str:
    """`2 to 5 days`, in half days; `a day`, `less than half a day`."""
    low, high = (round(2 * each / HOURS_A_DAY) / 2 for each in (hours.low, hours.high))
    if high < 0.5:
        return "less than half a day"
    if low == high:
        return "1 day" if high == 1 else f"{high:,g} days"
    return f"up to {high:,g} {'day' if high <= 1 else 'days'}" if not low else f"{low:,g} to {high:,g} days"


def _base(unit: Unit | None, lines: int) -> Effort:
    if unit is None:
        return Effort()
    if unit.kind is Kind.WAITER:
        return WAITER
    usual, least, most = LENGTH
    factor = min(max(lines / usual, least), most)
    return BASE[unit.model].times(factor * (CLIENT if unit.kind is Kind.CLIENT else 1))


def _rounded(hours: float) -> str:
    """In quarters of an hour when short, in halves, and in whole hours when long."""
    step = 4 if hours < 2 else 2 if hours < 10 else 1
    return f"{max(round(hours * step) / step, 0.25):g}"
