"""The cells of the matrix: a case on a variant, or why it is not asked here.

A profile says where a case does not apply. And on a loop or backend that is not the runtime's own (`asyncio+uvloop`) the whole
contract is asked of one model for each of the library's ways to wait: what a loop does wrong it does wrong there. `make matrix`
asks all models on all loops, in CI as well.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from iomodels.catalogue import Variant, variants
from iomodels.contract.case import Case, all_cases

__all__ = ["CELLS", "Cell", "excuses"]


@dataclass(frozen=True)
class Cell:
    """excuse: why it is not asked; None where the case is to be run."""

    variant: Variant
    case: Case
    excuse: str | None

    @property
    def id(self) -> str:
        return f"{self.variant.name}-{self.case.id}"


TELLING = {"select": "readiness", "selectors": "callbacks", "threads": "tasks", "fork": "processes"}
ELSEWHERE = f"asked by `make matrix`: on another loop it is {', '.join(TELLING)} that tell here"


def _excuse(variant: Variant, case: Case) -> str | None:
    reason = variant.profile.reason(case.id)
    if reason is None and "+" in variant.runtime and variant.model not in TELLING:
        return ELSEWHERE
    return reason


CELLS = [Cell(variant, case, _excuse(variant, case)) for variant in variants() for case in all_cases()]


def excuses(names: Collection[str]) -> Counter[tuple[str, str]]:
    """How many cells of these variants are excused, by variant and reason."""
    return Counter((cell.variant.name, cell.excuse) for cell in CELLS if cell.excuse is not None and cell.variant.name in names)
