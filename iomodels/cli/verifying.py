"""`migrate --verify`: its options, how they become what is wanted, and what is told of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click
from click import get_current_context
from click.core import ParameterSource

from iomodels.cli.options import Absent, Name, Refusal
from iomodels.cli.progress import status
from iomodels.cli.verdict_options import chosen_cases, only_and_skip
from iomodels.contract.dialects import DIALECTS
from iomodels.differ.generated import KINDS
from iomodels.differ.masks import NAMES
from iomodels.differ.played import Pace

if TYPE_CHECKING:
    from iomodels.migrate.moving import Moved
    from iomodels.migrate.verify import Verdict
    from iomodels.migrate.verify.asking import Wanted

__all__ = ["PATCH", "told", "verdicts_of", "verify_options", "wanted"]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

OPTIONS = (
    click.option(
        "--verify",
        metavar="CMD",
        help="Keep a change only where nothing differs. Starts the program: `{port}` is a free port, `{file}` the file, "
        "`{folder}` the folder that was named, or that the file lies in.",
    ),
    click.option("--no-verify", is_flag=True, help="Do not verify, whatever pyproject.toml says."),
    click.option(
        "--recording",
        "recordings",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Verify with this recording (`iomodels record`).",
    ),
    click.option("--service", type=Name("service", [*DIALECTS]), help="Verify with what this service is asked."),
    click.option("--kind", "kinds", multiple=True, type=Name("kind", [*KINDS]), help="Generate these conversations alone."),
    click.option(
        "--ignore", multiple=True, metavar="REGEX", help="Do not compare its matches; of one with groups, the groups."
    ),
    click.option("--mask", "masks", multiple=True, type=Name("mask", [*NAMES]), help="Do not compare dates, times, ports, ..."),
    click.option("--exit-status", is_flag=True, help="Compare how they end on SIGTERM."),
    click.option("--log", is_flag=True, help="Compare what they write to standard output and standard error."),
    click.option(
        "--watch",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Compare the files under it, too; what is written in the copied folder always is.",
    ),
    click.option("--after", metavar="CMD", help="Compare what this prints after each conversation, run by sh."),
    click.option("--contract", is_flag=True, help="Compare their verdicts on the contract as well."),
    only_and_skip,
    click.option(
        "--runs", type=click.IntRange(min=1), default=2, show_default=True, help="How often the old program is asked."
    ),
    click.option("--jobs", type=click.IntRange(min=1), default=4, show_default=True, help="Conversations at a time."),
    click.option(
        "--tree",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="The folder that the program needs, which is copied; without, the working folder, or that of the files.",
    ),
    click.option(
        "--save",
        type=click.Path(path_type=Path),
        default=Path("iomodels-differ"),
        show_default=True,
        metavar="DIR",
        help="Where the recordings go that reproduce differences, with the change that was not kept.",
    ),
    click.option(
        "--wait", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Seconds until it takes connections."
    ),
    click.option(
        "--patience", type=click.FloatRange(min=0.01), default=2.0, show_default=True, help="As `iomodels differ` has it."
    ),
    click.option(
        "--hush", type=click.FloatRange(min=0.001), default=0.15, show_default=True, help="As `iomodels differ` has it."
    ),
)
# What they are called in Wanted, too.
SAME = tuple(
    "recordings service kinds ignore masks exit_status log watch after runs jobs tree save wait".split()  # noqa: SIM905
)
THEIRS = frozenset((*SAME, "contract", "only", "skip", "patience", "hush"))  # what makes no sense without --verify
PATCH = "not-kept.patch"


def verify_options(command: Decorated) -> Decorated:
    """The options; a command gets them by name, and gives them to `wanted`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def wanted(target: str, concurrent: bool, given: Mapping[str, Any]) -> "Wanted | None":
    """What is to be verified; None for nothing. given: the options' values. Raises UsageError."""
    from iomodels.migrate.rewrite import Target
    from iomodels.migrate.verify.asking import Wanted

    ctx = get_current_context()
    if given["verify"] is None or given["no_verify"]:
        for parameter in ctx.command.params:
            if parameter.name in THEIRS and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
                raise click.UsageError(f"{parameter.opts[0]} is for --verify CMD, which is not given", ctx)
        return None
    if given["contract"] and given["service"] is None:
        raise click.UsageError("--contract needs a --service that the contract speaks", ctx)
    return Wanted(
        given["verify"],
        Target(target),
        cases=chosen_cases(given["only"], given["skip"]) if given["contract"] else (),
        pace=Pace(given["patience"], given["hush"]),
        concurrent=concurrent,
        **{name: given[name] for name in SAME},
    )


def verdicts_of(moved: Sequence["Moved"], asked: "Wanted", folders: Mapping[str, Path]) -> dict[str, "Verdict"]:
    """What becomes of each file that would be changed, by its path. folders: for each file, the PATH that it was found by.
    Raises Refusal."""
    from iomodels.contract.server import ServerError
    from iomodels.differ.asking import PlanError
    from iomodels.migrate.moving import move
    from iomodels.migrate.verify import NotStarted, verify
    from iomodels.migrate.verify.asking import Missing
    from iomodels.migrate.verify.report import saved
    from iomodels.migrate.verify.trees import TreeError

    changed = [one for one in moved if one.changed]
    if not changed:
        return {}
    homes = {one.path: folders[one.path] if folders[one.path].is_dir() else Path(one.path).parent for one in changed}

    def safely(one: "Moved") -> "Moved":
        return move(one.path, asked.target, concurrent=asked.concurrent)

    try:
        with status() as tell:
            verdicts = saved(verify(changed, asked, homes, safely=safely, tell=tell), asked.save)
    except Missing as error:
        raise Absent(f"--verify: {error}") from error
    except (NotStarted, PlanError, ServerError, TreeError) as error:
        raise Refusal(f"--verify: {' '.join(str(error).split())}") from error
    return {verdict.moved.path: verdict for verdict in verdicts}


def told(verdicts: Iterable["Verdict"], asked: "Wanted") -> Iterator[str]:
    """The verdicts, line by line."""
    from iomodels.migrate.verify.report import lines

    for verdict in verdicts:
        yield from lines(verdict, asked)
    if not all(verdict.kept for verdict in verdicts):
        yield f"What was not kept is in {asked.save / PATCH}, for `git apply`."
