"""Progress on standard error: a bar where somebody looks, nothing where nobody does."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress(total: int, noun: str) -> Iterator[Callable[..., None]]:
    """Yields `advance(what, failure="")`: one more is done, and what went wrong with it. The bar vanishes at the end."""
    if not sys.stderr.isatty() or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
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
