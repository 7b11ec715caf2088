"""What the commands about variants and the contract share: which cases, which variants, and how verdicts are reported."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from iomodels import catalogue
from iomodels.choose import choose
from iomodels.cli.options import ReportFile, refusing, wants_colour, write_file
from iomodels.contract.case import Case, all_cases
from iomodels.report import github, json, junit, markdown, text
from iomodels.report.verdicts import Verdicts

__all__ = ["chosen_cases", "chosen_variants", "only_and_skip", "report_files", "variants_option", "write_verdicts"]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

RENDER: dict[str, Callable[[Verdicts], str]] = {
    "text": text.render,
    "md": markdown.render,
    "json": json.render,
    "junit": junit.render,
    "github": github.render,
}
SUFFIXES = {".txt": "text", ".md": "md", ".json": "json", ".xml": "junit"}


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
