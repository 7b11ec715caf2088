"""What several commands share: options, how they refuse, and how reports are written."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from iomodels import catalogue
from iomodels.choose import choose, nearest
from iomodels.contract.case import Case, all_cases
from iomodels.report import github, json, junit, markdown, text
from iomodels.report.verdicts import Verdicts

__all__ = [
    "Absent",
    "Failed",
    "Name",
    "Refusal",
    "ReportFile",
    "chosen_cases",
    "chosen_variants",
    "format_option",
    "make_folder",
    "only_and_skip",
    "refusing",
    "report_files",
    "variants_option",
    "wants_colour",
    "write_file",
    "write_verdicts",
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


def only_and_skip(command: Decorated) -> Decorated:
    """`--only` and `--skip`, for cases."""
    only = click.option("--only", multiple=True, metavar="PATTERN", help="Run these cases alone: an id, a group or `group/*`.")
    skip = click.option("--skip", multiple=True, metavar="PATTERN", help="Leave these cases out.")
    return only(skip(command))


def chosen_cases(only: Sequence[str], skip: Sequence[str]) -> list[Case]:
    """The cases that the options mean. Raises UsageError."""
    return refusing(lambda: choose(all_cases(), lambda case: case.id, "case", only, skip))


def variants_option(command: Decorated) -> Decorated:
    """`--variant PATTERN`, any number of times, as `names`."""
    text = "These variants alone: `sockets/epoll`, `trio/*`."
    return click.option("--variant", "names", multiple=True, metavar="PATTERN", help=text)(command)


def chosen_variants(names: Sequence[str]) -> list[catalogue.Variant]:
    """The variants that the option means, all of them without it. Raises UsageError."""
    return refusing(lambda: choose(catalogue.variants(), lambda variant: variant.name, "variant", names))


def refusing(look_up: Callable[[], Found]) -> Found:
    """What `look_up` finds; a LookupError becomes a UsageError."""
    try:
        return look_up()
    except LookupError as error:
        raise click.UsageError(str(error.args[0]), click.get_current_context()) from error


RENDER: dict[str, Callable[[Verdicts], str]] = {
    "text": text.render,
    "md": markdown.render,
    "json": json.render,
    "junit": junit.render,
    "github": github.render,
}
SUFFIXES = {".txt": "text", ".md": "md", ".json": "json", ".xml": "junit"}


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


def report_files(command: Decorated) -> Decorated:
    """`--output` and `--junit`: reports in files, beside the one that is printed."""
    words = f"Write a report as well, as its suffix says: {', '.join(SUFFIXES)}."
    output = click.option("--output", type=ReportFile(*SUFFIXES), metavar="FILE", help=words)
    junit_file = click.option("--junit", type=ReportFile(), metavar="FILE", help="Write JUnit XML as well.")
    return output(junit_file(command))


def write_verdicts(verdicts: Verdicts, form: str, output: Path | None, junit_file: Path | None) -> None:
    """Print a report, and write those files that were asked for."""
    for path, file_form in ((output, SUFFIXES[output.suffix] if output else ""), (junit_file, "junit")):
        if path is not None:
            write_file(path, RENDER[file_form](verdicts))
    if form == "text":
        click.echo(text.render(verdicts, colour=wants_colour()), nl=False, color=True)
    else:
        click.echo(RENDER[form](verdicts), nl=False)


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
