"""The cells of the matrix: a case on a variant, or why it does not apply there, where the variant's profile says so."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from iomodels.catalogue import Variant, variants
from iomodels.contract.case import Case, all_cases

__all__ = ["CELLS", "Cell", "excuses"]


@dataclass(frozen=True)
class Cell:
    """excuse: why it does not apply, as the profile says; None where the case is to be run."""

    variant: Variant
    case: Case
    excuse: str | None

    @property
    def id(self) -> str:
        return f"{self.variant.name}-{self.case.id}"


CASES = all_cases()
CELLS = [Cell(variant, case, variant.profile.reason(case.id)) for variant in variants() for case in CASES]


def excuses(names: Collection[str]) -> Counter[tuple[str, str]]:
    """How many cells of these variants are excused, by variant and reason."""
    return Counter((cell.variant.name, cell.excuse) for cell in CELLS if cell.excuse is not None and cell.variant.name in names)
