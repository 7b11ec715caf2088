"""The cells of the matrix: a case on a variant, or why it is not asked here.

A profile says where a case does not apply. `make matrix` asks all else, in CI as well. Here the whole contract is asked of the
classic models, and for each library of one model for each of its ways to wait; of a library's other models, and of those on
another loop than its own (`asyncio+uvloop`), the cases with which `compare` does: what is wrong there most often shows in them.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from iomodels.catalogue import CLASSIC, Variant, variants
from iomodels.compare.plan import TELLING as TELLING_CASES
from iomodels.contract.case import Case, all_cases

__all__ = ["BY_MATRIX", "CELLS", "TELLING", "Cell", "excuses"]


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
BY_MATRIX = f"asked by `make matrix`: of a library it is {', '.join(TELLING)} that are asked everything here"


def _excuse(variant: Variant, case: Case) -> str | None:
    return variant.profile.reason(case.id) or (None if _tells(variant, case) else BY_MATRIX)


def _tells(variant: Variant, case: Case) -> bool:
    on_its_own_loop, telling = "+" not in variant.runtime, variant.model in TELLING
    if variant.runtime == CLASSIC or (on_its_own_loop and telling):
        return True
    return (on_its_own_loop or telling) and case.id in TELLING_CASES


CELLS = [Cell(variant, case, _excuse(variant, case)) for variant in variants() for case in all_cases()]


def excuses(names: Collection[str]) -> Counter[tuple[str, str]]:
    """How many cells of these variants are excused, by variant and reason."""
    return Counter((cell.variant.name, cell.excuse) for cell in CELLS if cell.excuse is not None and cell.variant.name in names)
