"""`iomodels scan`: the classic I/O in a code base, what it is, and what becomes of it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import rich_click as click

from iomodels.cli.options import Absent, Refusal, ReportFile, format_option, refusing, wants_colour, write_file
from iomodels.migrate import baseline, since
from iomodels.migrate.choice import choose_rules
from iomodels.migrate.finding import Finding, Scan
from iomodels.migrate.ignore import Ignore, apply
from iomodels.migrate.output import FORMATS, STATISTICS, render
from iomodels.migrate.output.words import counted
from iomodels.migrate.rule import Rule, all_rules
from iomodels.migrate.scan import scan
from iomodels.migrate.sources import Sources
from iomodels.migrate.store import Store

__all__ = ["command"]


@click.command("scan")
@click.argument("paths", nargs=-1, metavar="PATH...", default=None)
@format_option(*FORMATS)
@click.option(
    "--select", multiple=True, metavar="CODES", help="These rules alone: codes, beginnings (IOM2) or names; commas between."
)
@click.option("--ignore", multiple=True, metavar="CODES", help="All rules but these.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave these files and folders out.")
@click.option("--statistics", is_flag=True, help="Count, by rule, instead of listing.")
@click.option("--diff-base", metavar="REV", help="Only what is in lines that changed since this git revision.")
@click.option(
    "--baseline", "known", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Leave out what is in FILE."
)
@click.option(
    "--write-baseline", type=ReportFile(), metavar="FILE", help="Write all findings to FILE, as a baseline, and end well."
)
@click.option("--report", type=ReportFile(".html"), metavar="FILE.html", help="Write a migration plan for people.")
@click.option("--output", type=ReportFile(), metavar="FILE", help="Write to FILE instead of standard output.")
@click.option("--exit-zero", is_flag=True, help="End with 0 although something was found.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER", help="Where the cache is kept.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Processes; as many as there are cores, if not given.")
def command(
    paths: tuple[str, ...],
    form: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    statistics: bool,
    diff_base: str | None,
    known: Path | None,
    write_baseline: Path | None,
    report: Path | None,
    output: Path | None,
    exit_zero: bool,
    no_cache: bool,
    cache: Path | None,
    jobs: int | None,
) -> int:
    """Find classic I/O in Python code: what it is, what it becomes in asyncio, trio and anyio, and what goes wrong on the way.

    A file or a folder; the current folder if none is given. Exit status: 0 nothing found, 1 something found, 2 a wrong
    question.

        iomodels scan .
        iomodels scan src --select IOM3 --format github
        iomodels scan . --report plan.html
    """
    if report is not None and find_spec("jinja2") is None:
        raise Absent("the plan is made with jinja2, which is not installed: pip install 'iomodels[report]'")
    chosen = refusing(lambda: choose_rules(all_rules(), select, ignore))
    if statistics and form not in STATISTICS:
        raise click.UsageError(f"--statistics comes as {' or '.join(STATISTICS)}, not as {form}")
    store = None if no_cache else Store(cache or _cache_folder(), [*(paths or ["."]), *exclude])
    try:
        found, comments = scan(paths or ["."], exclude, store=store, jobs=jobs)
    except FileNotFoundError as error:
        raise Refusal(str(error)) from error
    sources = Sources()
    found, warnings = _chosen(found, comments, chosen)
    if write_baseline is not None:
        write_file(write_baseline, baseline.content(found.findings, sources, write_baseline.parent))
        click.echo(f"{write_baseline}: a baseline of {counted(len(found.findings), 'finding')}", err=True)
        return 0
    found = _only_new(found, sources, paths or ["."], known, diff_base)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    rules = {rule.code: rule for rule in all_rules()}
    if report is not None:
        write_file(report, _plan(found, rules, sources))
        click.echo(f"the plan is {report}", err=True)
    text = render(form, found, rules, sources, statistics=statistics, colour=output is None and wants_colour())
    if output is not None:
        write_file(output, text)
    else:
        click.echo(text, nl=False, color=True)
    return 1 if found.findings and not exit_zero else 0


def _plan(found: Scan, rules: Mapping[str, Rule], sources: Sources) -> str:
    """The migration plan; with the diffs that `iomodels migrate` makes, where libcst is installed."""
    from iomodels.migrate.plan import plan

    if find_spec("libcst") is None:
        return plan(found, rules, sources)
    from iomodels.migrate.moving import move

    return plan(found, rules, sources, move)


def _chosen(found: Scan, comments: Mapping[str, Sequence[Ignore]], rules: Sequence[Rule]) -> tuple[Scan, list[str]]:
    """What the rules chosen found and no comment takes out; and warnings of comments."""
    selected = {rule.code for rule in rules}
    findings = [finding for finding in found.findings if finding.rule in selected]
    left, warnings = apply(findings, comments, selected, {rule.code for rule in all_rules()})
    return replace(found, findings=left, ignored=_counted(findings, left, "comments")), warnings


def _only_new(found: Scan, sources: Sources, paths: Sequence[str], known: Path | None, revision: str | None) -> Scan:
    """Without what the baseline has, and what is in lines that did not change. Raises Refusal."""
    findings, ignored = list(found.findings), dict(found.ignored)
    try:
        if known is not None:
            left = baseline.without(findings, baseline.read(known), sources, known.parent)
            ignored |= _counted(findings, left, "the baseline")
            findings = left
        if revision is not None:
            left = since.changed(revision, paths).only(findings)
            ignored |= _counted(findings, left, f"lines unchanged since {revision}")
            findings = left
    except (LookupError, ValueError, OSError) as error:
        raise Refusal(str(error.args[0] if isinstance(error, LookupError) else error)) from error
    return replace(found, findings=findings, ignored=ignored)


def _counted(before: Sequence[Finding], after: Sequence[Finding], by: str) -> dict[str, int]:
    return {by: len(before) - len(after)} if len(after) < len(before) else {}


def _cache_folder() -> Path:
    """As the XDG base directory specification says."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iomodels"
