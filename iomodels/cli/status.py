"""What is being done, on standard error: a line that changes where somebody looks, nothing where nobody does."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["status"]


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """Yields `say(what)`. The line vanishes at the end; nothing else may be printed before."""
    if not sys.stderr.isatty() or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        task = line.add_task("", total=None)
        yield lambda what: line.update(task, description=escape(what))
