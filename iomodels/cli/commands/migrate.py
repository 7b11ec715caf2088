"""`iomodels migrate`: rewrite classic I/O for an async library, where that can be proven."""

import difflib
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from iomodels.cli.options import Absent, Name, Refusal, format_option, wants_colour, write_file
from iomodels.cli.verifying import PATCH, told, verdicts_of, verify_options, wanted
from iomodels.migrate.files import python_files
from iomodels.migrate.output.words import counted, printable

if TYPE_CHECKING:
    from iomodels.migrate.moving import Moved
    from iomodels.migrate.verify import Verdict
    from iomodels.migrate.verify.asking import Wanted

__all__ = ["command"]

SCHEMA_VERSION = 1
TARGETS = ("asyncio", "trio", "anyio")


@click.command("migrate")
@click.argument("paths", nargs=-1, metavar="PATH...", required=True)
@click.option("--to", "target", type=Name("library", TARGETS), required=True, help="The library to move to.")
@click.option("--write", is_flag=True, help="Change the files, instead of showing what would be changed.")
@click.option("--concurrent", is_flag=True, help="Let what serves one client at a time serve many.")
@click.option(
    "--unsafe", is_flag=True, help="Allow what depends on something unseen; each such place is marked with a comment."
)
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave these files and folders out.")
@verify_options
@format_option("text", "json")
def command(
    paths: tuple[str, ...],
    target: str,
    write: bool,
    concurrent: bool,
    unsafe: bool,
    exclude: tuple[str, ...],
    form: str,
    **verifying: Any,
) -> int:
    """Rewrite classic I/O in Python files for asyncio, trio or anyio: what can be proven, and a reason for all else.

    A diff is shown, and nothing is changed without --write. What is connected changes altogether or not at all. Exit status:
    0 nothing is left to do, 1 something would be changed or was refused, 2 a wrong question.

    With --verify the old program and the new one are started, from copies, and asked the same; a change is kept only where
    nothing differs. What they are asked: recordings, a --service, or a few lines of text.

    \b
    iomodels migrate server.py --to trio
    iomodels migrate src --to asyncio --write
    iomodels migrate server.py --to trio --write --verify 'python {file} {port}' --recording talk.jsonl
    """
    if importlib.util.find_spec("libcst") is None:
        raise Absent("files are rewritten with libcst, which is not installed: pip install 'iomodels[migrate]'")
    from iomodels.migrate.moving import move
    from iomodels.migrate.rewrite import Target

    asked = wanted(target, concurrent, verifying)
    try:
        folders = {file: Path(path) for path in reversed(paths) for file in python_files([path], exclude)}
        files = python_files(paths, exclude)
    except FileNotFoundError as error:
        raise Refusal(str(error)) from error
    moved = []
    for path in files:
        try:
            one = move(path, Target(target), concurrent=concurrent, unsafe=unsafe)
        except OSError as error:
            raise Refusal(f"cannot read {path}: {error.strerror}") from error
        if one.changed or one.refusals or one.skipped:
            moved.append(one)
    verdicts = verdicts_of(moved, asked, folders) if asked is not None else {}
    rejected = [verdict.tried for verdict in verdicts.values() if not verdict.kept]
    if asked is not None and rejected:
        write_file(asked.save / PATCH, "".join(line for one in rejected for line in _diff(one, False)))
    moved = [verdicts[one.path].moved if one.path in verdicts else one for one in moved]
    if write:
        for one in moved:
            if one.changed:
                _write(one)
    if form == "json":
        click.echo(json.dumps(_document(moved, verdicts, target, write), indent=2))
    else:
        _show(moved, verdicts, asked, target, write)
    undone = any(one.refusals or one.skipped or (one.changed and not write) for one in moved)
    return 1 if undone else 0


def _write(one: "Moved") -> None:
    try:
        now = Path(one.path).read_bytes()
        if now not in (one.old, one.new):  # to verify takes its time; and a file may have two names
            raise Refusal(f"{one.path} was changed meanwhile, and is left as it is")
        Path(one.path).write_bytes(one.new)
    except OSError as error:
        raise Refusal(f"cannot write {one.path}: {error.strerror}") from error


def _show(
    moved: Sequence["Moved"], verdicts: Mapping[str, "Verdict"], asked: "Wanted | None", target: str, written: bool
) -> None:
    """The diffs on standard output; what was refused, the verdicts and the sums on standard error."""
    colour = wants_colour()
    for one in moved:
        if one.changed and not written:
            click.echo("".join(_diff(one, colour)), nl=False, color=colour)
    for one in moved:
        for change in one.changes:
            click.echo(f"{one.path}:{change.line}: {change.rule} {printable(change.text)}", err=True)
        for refusal in one.refusals:
            within = f" in {refusal.unit}" if refusal.unit else ""
            click.echo(f"{one.path}:{refusal.line}: {refusal.code} left alone{within}: {printable(refusal.text)}", err=True)
            click.echo(f"    by hand: {printable(refusal.by_hand)} (guide: {refusal.guide})", err=True)
        if one.skipped is not None:
            click.echo(f"{one.path}:{one.skipped.line}: {one.skipped.reason}: {printable(one.skipped.text)}", err=True)
    if asked is not None:
        for line in told(verdicts.values(), asked):
            click.echo(line, err=True)
    nothing = asked is not None and not verdicts
    click.echo(_sums(moved, target, written, bool(verdicts)) + (" There was nothing to verify." if nothing else ""), err=True)


def _sums(moved: Sequence["Moved"], target: str, written: bool, tried: bool) -> str:
    """tried: whether anything was verified."""
    changed = [one for one in moved if one.changed]
    refused = sum(len(one.refusals) for one in moved)
    if not changed:
        done = f"Nothing is kept of what was to move to {target}" if tried else "Nothing to rewrite"
    else:
        done = f"{'Moved' if written else 'Would move'} what can be proven in {counted(len(changed), 'file')} to {target}"
    return f"{done}; {counted(refused, 'unit')} left alone, each with its reason." if refused else f"{done}."


def _diff(one: "Moved", colour: bool) -> Iterator[str]:
    """A unified diff, as `git apply` takes it."""
    old, new = (content.decode(errors="replace").splitlines(keepends=True) for content in (one.old, one.new))
    name = Path(one.path).as_posix().removeprefix("/")
    shades = {"+": "green", "-": "red", "@": "cyan"}
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"):
        whole = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        yield click.style(whole, fg=shades.get(line[0])) if colour else whole


def _document(moved: Sequence["Moved"], verdicts: Mapping[str, "Verdict"], target: str, written: bool) -> dict[str, Any]:
    """schema_version 1: for each file that was changed, refused or not read, its changes, its refusals, and the diff; of what
    was verified, whether it is kept, and the comparisons that `iomodels differ` would report."""
    from iomodels.migrate.verify.report import fields

    return {
        "schema_version": SCHEMA_VERSION,
        "target": target,
        "written": written,
        "files": [
            {
                "path": one.path,
                "changes": [{"line": change.line, "rule": change.rule, "text": change.text} for change in one.changes],
                "refusals": [
                    {
                        "line": refusal.line,
                        "code": refusal.code,
                        "unit": refusal.unit,
                        "text": refusal.text,
                        "by_hand": refusal.by_hand,
                        "guide": refusal.guide,
                    }
                    for refusal in one.refusals
                ],
                "skipped": one.skipped.reason if one.skipped is not None else None,
                "diff": "".join(_diff(one, False)),
                "verified": fields(verdicts[one.path]) if one.path in verdicts else None,
            }
            for one in moved
        ],
    }
