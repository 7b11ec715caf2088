"""What all commands share: options, how they refuse, and how files are written."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from iomodels.choose import nearest

__all__ = [
    "Absent",
    "Failed",
    "Name",
    "Refusal",
    "ReportFile",
    "format_option",
    "make_folder",
    "refusing",
    "wants_colour",
    "write_file",
]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Found = TypeVar("Found")


class Refusal(click.ClickException):
    """The command cannot do what it was asked for; the text says why, and may go on with a server's last lines."""

    exit_code = 2


class Failed(Refusal):
    """The server did not do what it must; the text says what."""

    exit_code = 1


class Absent(Refusal):
    """What is needed is not here."""

    exit_code = 3


class Name(click.Choice[str]):
    """One of some names; a wrong one is told the nearest."""

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        super().__init__(names)
        self.kind = kind

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:  # noqa: ARG002  (as click calls it)
        return (
            f"no {self.kind} is called {str(value)!r}{nearest(str(value), self.choices)} (there are {', '.join(self.choices)})"
        )


def format_option(*formats: str) -> Callable[[Decorated], Decorated]:
    """`--format`, text unless told otherwise."""
    return click.option(
        "--format", "form", type=Name("format", formats), default=formats[0], show_default=True, help="What to print."
    )


def refusing(look_up: Callable[[], Found]) -> Found:
    """What `look_up` finds; a LookupError becomes a UsageError."""
    try:
        return look_up()
    except LookupError as error:
        raise click.UsageError(str(error.args[0]), click.get_current_context()) from error


class ReportFile(click.Path):
    """A file to write a report to; refused before the work, not after it, when it cannot be written.

    suffixes: those it may have; any, when none is given.
    """

    def __init__(self, *suffixes: str) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self.suffixes = suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(value)
        if self.suffixes and path.suffix not in self.suffixes:
            self.fail(f"{path} ends in none of {', '.join(self.suffixes)}", param, ctx)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            self.fail(f"cannot write {path}", param, ctx)
        return super().convert(value, param, ctx)


def make_folder(path: Path) -> None:
    """See to it that there is such a folder, which can be written to: before the work, not after it. Raises Refusal."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"cannot write {path}: {error.strerror}") from error
    if not os.access(path, os.W_OK):
        raise Refusal(f"cannot write {path}")


def write_file(path: Path, content: str) -> None:
    """Write a file, with the folders above it. Raises Refusal."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise Refusal(f"cannot write {path}: {error.strerror}") from error


def wants_colour() -> bool:
    """Whether standard output takes colour (https://no-color.org, https://force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
