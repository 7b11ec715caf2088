"""The order in which to move: parts that wait alike together, the easiest kind first, and of a kind the easiest part first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from iomodels.migrate.plan.effort import Effort
from iomodels.migrate.plan.parts import LOOSE, Part

__all__ = ["Together", "ordered"]


@dataclass(frozen=True)
class Together:
    """Parts of one kind, in their order, and what each takes."""

    kind: str
    parts: Sequence[Part]
    efforts: Sequence[Effort]

    @property
    def effort(self) -> Effort:
        return sum(self.efforts, Effort())


def ordered(efforts: Iterable[tuple[Part, Effort]]) -> list[Together]:
    """The groups. Calls that belong to no part come last: who moves the parts has often moved them."""
    by_kind: dict[str, list[tuple[Part, Effort]]] = defaultdict(list)
    for part, effort in efforts:
        by_kind[part.kind].append((part, effort))
    groups = []
    for kind, group in by_kind.items():
        group.sort(key=lambda each: (each[1].middle, each[0].path, each[0].line))
        groups.append(Together(kind, [part for part, _ in group], [effort for _, effort in group]))
    return sorted(groups, key=lambda group: (group.kind == LOOSE, median(each.middle for each in group.efforts), group.kind))
