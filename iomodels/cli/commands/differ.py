"""`iomodels differ`: an old server and a new one, asked the same."""

import time
from collections.abc import Callable
from pathlib import Path

import rich_click as click

from iomodels.cli.options import Name, Refusal, ReportFile, format_option, write_file
from iomodels.cli.progress import progress
from iomodels.cli.verdict_options import chosen_cases, only_and_skip
from iomodels.contract.dialects import DIALECTS
from iomodels.contract.server import ServerError
from iomodels.differ.asking import Plan, PlanError, ask
from iomodels.differ.contract import compare_contract
from iomodels.differ.formats import as_html, as_junit
from iomodels.differ.generated import KINDS
from iomodels.differ.masks import NAMES
from iomodels.differ.played import Pace
from iomodels.differ.report import Report, as_json, as_text
from iomodels.differ.shrink import Limits

__all__ = ["command"]

RENDER: dict[str, Callable[[Report], str]] = {"text": as_text, "json": as_json, "junit": as_junit, "html": as_html}
SUFFIXES = {".txt": "text", ".json": "json", ".xml": "junit", ".html": "html"}
SERVICES = ("own", *DIALECTS)


@click.command("differ")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option(
    "--old", required=True, metavar="CMD", help="Start the old server: `{port}` is a free port, `{dir}` a new folder."
)
@click.option("--new", required=True, metavar="CMD", help="Start the new one.")
@click.option("--service", type=Name("service", SERVICES), default="own", help="What they speak; `own`: what FILEs say.")
@click.option("--kind", "kinds", multiple=True, type=Name("kind", [*KINDS]), help="Generate these alone.")
@click.option("--rounds", type=click.IntRange(min=0), default=1, show_default=True, help="How often each kind is generated.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of what is generated.")
@click.option("--ignore", multiple=True, metavar="REGEX", help="Do not compare its matches; of one with groups, the groups.")
@click.option("--mask", "names", multiple=True, type=Name("mask", [*NAMES]), help="Do not compare dates, times, ports, ...")
@click.option("--exit-status", is_flag=True, help="Compare how they end on SIGTERM.")
@click.option("--log", is_flag=True, help="Compare what they write to standard output and standard error.")
@click.option("--watch", type=click.Path(path_type=Path), metavar="DIR", help="Compare the files under it; it is put back.")
@click.option("--after", metavar="CMD", help="Compare what this prints after each conversation, run by sh.")
@click.option("--contract", is_flag=True, help="Compare their verdicts on the contract as well.")
@only_and_skip
@click.option("--runs", type=click.IntRange(min=1), default=2, show_default=True, help="How often the old server is asked.")
@click.option("--keep", is_flag=True, help="Start each once, not anew for each conversation.")
@click.option("--jobs", type=click.IntRange(min=1), default=4, show_default=True, help="Conversations at a time.")
@click.option("--no-shrink", is_flag=True, help="Do not look for the shortest conversation that shows a difference.")
@click.option("--tries", type=click.IntRange(min=1), default=80, show_default=True, help="Shorter ones that are tried.")
@click.option("--seconds", type=click.FloatRange(min=0), default=20.0, show_default=True, help="In which they are tried.")
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    default=Path("iomodels-differ"),
    show_default=True,
    metavar="DIR",
    help="Where the recordings go that reproduce differences.",
)
@format_option("text", "json", "junit", "html")
@click.option(
    "--output",
    "outputs",
    multiple=True,
    type=ReportFile(*SUFFIXES),
    metavar="FILE",
    help=f"Write a report as well, as its suffix says: {', '.join(SUFFIXES)}.",
)
@click.option(
    "--wait", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Seconds until they take connections."
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0.01),
    default=2.0,
    show_default=True,
    help="Seconds of silence after which the new one has not said what the old one has.",
)
@click.option(
    "--hush",
    type=click.FloatRange(min=0.001),
    default=0.15,
    show_default=True,
    help="Seconds of silence after which the old one has nothing to say.",
)
def command(
    files: tuple[Path, ...],
    old: str,
    new: str,
    service: str,
    kinds: tuple[str, ...],
    rounds: int,
    seed: int,
    ignore: tuple[str, ...],
    names: tuple[str, ...],
    exit_status: bool,
    log: bool,
    watch: Path | None,
    after: str | None,
    contract: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    runs: int,
    keep: bool,
    jobs: int,
    no_shrink: bool,
    tries: int,
    seconds: float,
    save: Path,
    form: str,
    outputs: tuple[Path, ...],
    wait: float,
    patience: float,
    hush: float,
) -> int:
    """Ask an old server and a new one the same, and compare what they do.

    FILEs are recordings (`iomodels record`). From them, or for a --service, more is generated: mutated, cut again, interrupted,
    half-closed, reset, pipelined, read late, two clients at once. The old server is asked twice, and what it does otherwise the
    second time is not compared. Exit status 0: alike; 1: different.

    \b
    iomodels differ --old 'python old.py {port}' --new 'python new.py {port}' talk.jsonl
    iomodels differ --old 'python old.py {port}' --new 'python new.py {port}' --service lines --log --exit-status
    """
    plan = Plan(
        old,
        new,
        files,
        service=None if service == "own" else service,
        kinds=kinds or tuple(KINDS),
        rounds=rounds,
        seed=seed,
        ignore=ignore,
        masks=names,
        exit_status=exit_status,
        log=log,
        watch=watch,
        after=after,
        runs=runs,
        keep=keep,
        jobs=jobs,
        limits=None if no_shrink else Limits(tries, seconds),
        wait=wait,
        pace=Pace(patience, hush),
        save=save,
    )
    if contract and service == "own":
        raise click.UsageError("--contract needs a --service that the contract speaks", click.get_current_context())
    cases = chosen_cases(only, skip) if contract else []
    started = time.monotonic()
    try:
        prepared = plan.prepare()
        if not prepared and not contract:
            raise PlanError("nothing to ask: give recordings, or a --service, or --contract")
        with progress(len(prepared), "conversations") as advance:
            report = ask(
                plan,
                prepared,
                lambda outcome: advance(
                    outcome.conversation.name, f"different  {outcome.conversation.name}" if outcome.differences else ""
                ),
            )
        if contract:
            with progress(len(cases), "cases") as advance:
                changed = compare_contract(old, new, service, cases, wait=wait, done=advance)
            report = Report(old, new, report.outcomes, report.recordings, changed, len(cases))
    except (ServerError, PlanError) as error:
        raise Refusal(" ".join(str(error).split())) from error
    report = Report(old, new, report.outcomes, report.recordings, report.changed, report.cases, time.monotonic() - started)
    for path in outputs:
        write_file(path, RENDER[SUFFIXES[path.suffix]](report))
    click.echo(RENDER[form](report), nl=False)
    return 0 if report.alike else 1
