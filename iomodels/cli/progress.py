"""Progress on standard error: a bar or a line where somebody looks, nothing where nobody does."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["countdown", "progress", "status"]


@contextmanager
def progress(total: int, noun: str) -> Iterator[Callable[..., None]]:
    """Yields `advance(what, failure="")`: one more is done, and what went wrong with it. The bar vanishes at the end."""
    if not _looked_at():
        yield lambda what, failure="": None  # noqa: ARG005  (nobody looks)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(noun), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(what: str, failure: str = "") -> None:
            if failure:
                bar.console.print(f"[red]{escape(failure)}[/red]", highlight=False)
            bar.update(task, advance=1, description=escape(what))

        yield advance


@contextmanager
def countdown() -> Iterator[Callable[[int, int, str], None]]:
    """Yields `tell(done, total, what)`: how far it is, and what is done now. The bar, with the time left, vanishes."""
    if not _looked_at():
        yield lambda done, total, what: None  # noqa: ARG005  (nobody looks)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    # The time left is told by all that has been measured: a slow server comes round again in each round.
    columns = (BarColumn(), TimeRemainingColumn(), TextColumn("left"), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=3600) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, what: bar.update(task, completed=done, total=total, description=escape(what))


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """Yields `say(what)`: what is being done, of what has no end that is known. The line vanishes."""
    if not _looked_at():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        task = line.add_task("", total=None)
        yield lambda what: line.update(task, description=escape(what))


def _looked_at() -> bool:
    return sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
