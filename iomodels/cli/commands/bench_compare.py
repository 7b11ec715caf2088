"""`iomodels bench-compare`: whether a benchmark has changed, beyond noise and drift."""

from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from iomodels.bench import changes, document
from iomodels.bench.compare import Change, Limit, Verdict, compare
from iomodels.bench.results import FIGURES, Results
from iomodels.cli.options import Name, Refusal, format_option

__all__ = ["command"]

FILE = click.Path(dir_okay=False, path_type=Path)
RENDER = {"text": changes.text, "json": changes.as_json, "md": changes.markdown}


@click.command("bench-compare")
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option(
    "--fail-on", "limits", multiple=True, metavar="FIGURE>N%", help="Exit with 1 where it is worse by more: 'cpu>10%'."
)
@click.option(
    "--figure", "figures", type=Name("figure", list(FIGURES)), multiple=True, help="Compare this as well; cpu alone without it."
)
@format_option("text", "json", "md")
def command(old: Path, new: Path, limits: tuple[str, ...], figures: tuple[str, ...], form: str) -> int:
    """Compare two files of `iomodels bench --save`: the servers and loads that both have.

    A change counts when the ranks of the rounds differ (exact permutation test, p < 0.01), the medians lie 5 % apart or more,
    and both hold beside the reference measured in the same round as well. Five rounds are needed on either side.

    \b
    iomodels bench epoll --save old.json
    iomodels bench epoll --save new.json
    iomodels bench-compare old.json new.json --fail-on 'cpu>10%' --fail-on 'p99>20%'
    """
    try:
        bounds = [Limit.of(limit) for limit in limits]
    except ValueError as error:
        raise click.UsageError(f"--fail-on: {error}", click.get_current_context()) from error
    wanted = dict.fromkeys([*(bound.figure for bound in bounds), *figures] or ["cpu"])
    before, after = _read(old), _read(new)
    found = compare(before, after, list(wanted))
    _decidable(found, before, after)
    click.echo(RENDER[form](found, before, after, bounds), nl=False)
    return 1 if any(change.exceeds(bound) for change in found for bound in bounds) else 0


def _read(path: Path) -> Results:
    try:
        return document.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, document.DocumentError) as error:
        raise Refusal(f"{path}: {error}") from error


def _decidable(found: Sequence[Change], old: Results, new: Results) -> None:
    if not found:
        raise Refusal("the two files have no server and load in common")
    if all(change.verdict is Verdict.UNKNOWN for change in found):
        rounds = [max(len(cell.rounds) for cell in results.cells) for results in (old, new)]
        raise Refusal(f"too few rounds to decide anything: {rounds[0]} and {rounds[1]}, and 5 and 5 are needed")
