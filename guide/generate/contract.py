"""The contract as Markdown, case by case: from the cases themselves."""

from itertools import groupby
from pathlib import Path

from iomodels.contract import case as cases_of
from iomodels.contract.case import GENERAL, NEEDS, Case, all_cases

__all__ = ["contract", "slug"]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(cases_of.__file__).resolve().parent / "cases"


def contract() -> str:
    """A heading for each group and each case, with what must hold, why, where that is written, whom it is for and its code."""
    cases = sorted(all_cases(), key=lambda case: case.id)
    blocks = [f"{len(cases)} cases in {len({case.group for case in cases})} groups."]
    for group, members in groupby(cases, key=lambda case: case.group):
        blocks.append(f"## {group}")
        for case in members:
            blocks += [f"### {case.id}", f"**{case.says}**", case.why, f"*{case.reference}*", _about(case)]
    return "\n\n".join(filter(None, blocks))


def slug(case_id: str) -> str:
    """The anchor of a case's heading."""
    return case_id.replace("/", "")


def _about(case: Case) -> str:
    """Whom it is for, what it takes to run it, and where its code is."""
    about = []
    if set(case.services) != set(GENERAL):
        about.append(f"For servers that speak {' or '.join(case.services)}.")
    about += [f"{NEEDS[need][0].upper()}{NEEDS[need][1:]}." for need in sorted(case.needs)]
    path = (FOLDER / case.id.replace("-", "_")).with_suffix(".py").relative_to(ROOT).as_posix()
    about.append(f"[Its code](../{path}).")
    return " ".join(about)
