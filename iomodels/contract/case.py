"""A case: one thing that must hold, in one file of `cases/`. Its path is its id: `half_close/flushes_then_fin.py` is
`half-close/flushes-then-fin`. Its docstring says what must hold, in one sentence on the first line; the rest says why.

A case's file has:

    REFERENCE = "RFC 9293, 3.6"             # where it is written that it must be so, or who was found to break it
    NEEDS = {"process"}                     # optional: what the harness must be able to do, see NEEDS below
    SERVICES = ("lines",)                   # optional: the services it is for; without it, every service but upper-sb

    def check(trial: Trial) -> None: ...    # returns when it holds; raises Broken, or NotApplicable with the reason
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iomodels.contract.trial import Trial

__all__ = ["GENERAL", "NEEDS", "Case", "NotApplicable", "all_cases"]

NEEDS = {
    "process": "the server's process must be known: start it with --cmd",
    "flags": "the server must take this project's options (--max-connections and the like)",
    "linux": "it looks into /proc, or relies on what Linux alone does",
}
GENERAL = ("upper", "echo", "lines", "http", "resp")  # the services that a case without SERVICES is for


class NotApplicable(Exception):
    """The case says nothing about this server; the text is the reason, and it is printed."""


@dataclass(frozen=True)
class Case:
    """One case of the contract.

    id: stable, `group/name`. says: what must hold, one sentence. why: the rest of its docstring.
    reference: where that is written. needs: keys of NEEDS. services: those it is for.
    """

    id: str
    says: str
    why: str
    reference: str
    needs: frozenset[str]
    services: tuple[str, ...]
    check: "Callable[[Trial], None]"

    @property
    def group(self) -> str:
        return self.id.partition("/")[0]

    @property
    def looks_back(self) -> bool:
        """Whether it looks back on a whole run, and so comes last."""
        return "/over-" in self.id

    def service(self) -> str:
        """The service that it is tried with where there is a choice."""
        return self.services[0]


def all_cases() -> list[Case]:
    """Every case, by id; cases whose name begins with `over_` look back on a whole run and come last."""
    cases = []
    root = Path(__file__).parent / "cases"
    for group in pkgutil.iter_modules([str(root)]):
        cases += [_load(group.name, file.name) for file in pkgutil.iter_modules([str(root / group.name)])]
    return sorted(cases, key=lambda case: (case.looks_back, case.id))


def _load(group: str, name: str) -> Case:
    module = importlib.import_module(f"iomodels.contract.cases.{group}.{name}")
    says, _, why = (module.__doc__ or "").strip().partition("\n")
    return Case(
        id=f"{group}/{name}".replace("_", "-"),
        says=says,
        why=why.strip(),
        reference=module.REFERENCE,
        needs=frozenset(getattr(module, "NEEDS", ())),
        services=tuple(getattr(module, "SERVICES", GENERAL)),
        check=module.check,
    )
