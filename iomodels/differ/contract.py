"""The contract's cases, asked of both servers: those that end otherwise are a difference."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iomodels.contract.case import Case
from iomodels.contract.runner import Result, Target, Verdict
from iomodels.differ.trees import launch

__all__ = ["Changed", "compare_contract"]


@dataclass(frozen=True)
class Changed:
    """A case of which the two servers' verdicts differ."""

    old: Result
    new: Result


def compare_contract(
    old: str,
    new: str,
    service: str,
    cases: Sequence[Case],
    *,
    wait: float = 10.0,
    trees: tuple[Path, Path] | None = None,
    start: Path = Path(),
    done: Callable[[str], None] = lambda _: None,
) -> list[Changed]:
    """The cases that end otherwise, asked twice of both. trees: the folders that they run in, at `start`.

    Raises ServerError.
    """
    places = trees or (None, None)
    with (
        tempfile.TemporaryDirectory(prefix="iomodels-") as first_folder,
        tempfile.TemporaryDirectory(prefix="iomodels-") as second_folder,
        Target(launch(old, first_folder, places[0], start), service, wait=wait, restart=True) as before,
        Target(launch(new, second_folder, places[1], start), service, wait=wait, restart=True) as after,
    ):
        before.start()
        after.start()
        found = []
        for case in cases:
            first, second = before.run(case), after.run(case)
            if _differ(first, second):
                first, second = before.run(case), after.run(case)
                if _differ(first, second):
                    found.append(Changed(first, second))
            done(case.id)
    return found


def _differ(old: Result, new: Result) -> bool:
    """Whether one passes, or fails, and the other does not; an error of the harness is no verdict."""
    return old.verdict is not new.verdict and Verdict.ERROR not in (old.verdict, new.verdict)
