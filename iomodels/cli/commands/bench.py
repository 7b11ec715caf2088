"""`iomodels bench`: what servers cost, measured in turns, beside each other."""

import math
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import rich_click as click

from iomodels import catalogue
from iomodels.bench import document, table
from iomodels.bench.results import Point, Results
from iomodels.bench.run import bench
from iomodels.bench.subjects import CEILING, Subject, ceiling, of_command, of_variant
from iomodels.choose import choose, nearest
from iomodels.cli import INTERRUPTED
from iomodels.cli.options import Absent, Name, ReportFile, format_option, refusing, wants_colour, write_file
from iomodels.cli.progress import countdown
from iomodels.contract.server import ServerError, end_orphans
from iomodels.load.dask import Crew, NoCluster, host_towards
from iomodels.load.limits import allow
from iomodels.load.spec import SERVICES, LimitError, LoadError

__all__ = ["command"]

CLASSIC = "sockets/*"  # what is measured when nobody is named
MOST = 3600.0  # seconds of one measurement


class Several(click.ParamType[Any]):
    """Values of one kind, separated by commas."""

    name = "several"

    def __init__(self, kind: click.ParamType[Any]) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[Any]:
        if isinstance(value, list):
            return value
        return list(dict.fromkeys(self.kind.convert(each.strip(), param, ctx) for each in str(value).split(",")))


def sweep(name: str, kind: click.ParamType[Any], default: str, words: str) -> Callable[[Any], Any]:
    """An option with several values: each is measured with each of the other sweeps'."""
    return click.option(name, type=Several(kind), default=default, show_default=True, metavar="N,...", help=words)


class Seconds(click.FloatRange):
    """How long something is to last."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):  # in no range, and beyond no end of one
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


POSITIVE, SECONDS = click.IntRange(min=1), Seconds(min=0, min_open=True, max=MOST)


@click.command("bench")
@click.argument("names", nargs=-1, metavar="[VARIANT]...")
@click.option("--cmd", "commands", multiple=True, metavar="[NAME=]COMMAND", help="A server of yours beside them.")
@sweep("--connections", POSITIVE, "100", "How many ask.")
@sweep("--size", POSITIVE, "64", "Bytes of payload in a request.")
@sweep("--idle", click.IntRange(min=0), "0", "More connections, that have asked once and say no more.")
@click.option(
    "--service",
    "services",
    type=Several(Name("service", SERVICES)),
    default="upper",
    show_default=True,
    metavar="NAME,...",
    help="What is said.",
)
@click.option("--pipeline", type=POSITIVE, default=1, show_default=True, help="Requests in flight on each connection.")
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Requests a second, asked at times of their own (open loop)."
)
@click.option("--per-connection", type=POSITIVE, metavar="K", help="End a connection after K requests, and make it anew.")
@click.option("--rounds", type=POSITIVE, default=5, show_default=True, help="How often each is measured.")
@click.option("--seconds", type=SECONDS, default=1.0, show_default=True, help="How long requests are counted.")
@click.option("--warm-up", type=Seconds(0, MOST), default=0.25, show_default=True, help="Seconds of load before that.")
@click.option(
    "--reference", metavar="NAME", help="The one that the others are compared with; else the C ceiling, or the first."
)
@click.option(
    "--ceiling/--no-ceiling", "with_ceiling", default=True, help="Whether the C server joins, where there is a compiler."
)
@click.option("--calls/--no-calls", default=True, help="Whether system calls are counted, in a pass of their own under strace.")
@click.option("--dask", metavar="ADDRESS", help="Load from the workers of this Dask scheduler: HOST:PORT, many machines.")
@click.option("--min-workers", type=POSITIVE, metavar="N", help="Of Dask: waited for, and to be left at the end; else all.")
@click.option("--host", help="Of Dask: the address that servers bind, as the workers see it; else it is found out.")
@format_option("text", "json", "md")
@click.option("--save", type=ReportFile(), metavar="FILE", help="Keep it as JSON, for bench-compare.")
def command(
    names: tuple[str, ...],
    commands: tuple[str, ...],
    connections: list[int],
    size: list[int],
    idle: list[int],
    services: list[str],
    pipeline: int,
    rate: float | None,
    per_connection: int | None,
    rounds: int,
    seconds: float,
    warm_up: float,
    reference: str | None,
    with_ceiling: bool,
    calls: bool,
    dask: str | None,
    min_workers: int | None,
    host: str | None,
    form: str,
    save: Path | None,
) -> int:
    """Measure variants, and servers of yours, under the same load: CPU per request first, and all beside a reference.

    They are measured in turns, round after round, each server started anew on one core and loaded from another; every reply is
    checked, and only those are counted. VARIANT is a name or a pattern; without one, the classic models.

    In --cmd, `{port}` stands for the port and `{service}` for the service; without `{port}` the server must print
    `listening on HOST:PORT`. Ctrl-C keeps what is done.

    \b
    iomodels bench epoll selectors threads --connections 1,10,100,1000
    iomodels bench asyncio/threads --cmd 'mine=python server.py {port}' --reference mine
    iomodels bench 'trio/*' --save before.json
    """
    if sys.platform != "linux":
        raise Absent("bench reads /proc and gives each program a core of its own: Linux alone has both")
    points = [
        Point(service, many, bytes_, silent, pipeline, rate, per_connection)
        for service, bytes_, silent, many in product(services, size, idle, connections)
    ]
    _check(points, warm_up)
    subjects, others = _subjects(names, commands, services, with_ceiling=with_ceiling)
    subjects, reference = _referred(subjects, reference)
    crew, address = _crew(dask, min_workers, host)
    with countdown() as tell:
        results = bench(
            subjects,
            points,
            rounds=rounds,
            seconds=seconds,
            warm_up=warm_up,
            reference=reference,
            calls=calls,
            host=address,
            load=crew,
            progress=tell,
        )
    results.skipped.update(others)
    lost = crew is not None and _lost(crew, results)
    if save is not None and results.cells:
        write_file(save, document.dump(results))
    _show(results, form)
    return 1 if lost and not results.interrupted else _status(results)


def _crew(dask: str | None, min_workers: int | None, host: str | None) -> tuple[Crew | None, str]:
    """The workers that the load comes from, None: this machine; and the address that they reach servers at."""
    if dask is None:
        if min_workers is not None or host is not None:
            raise click.UsageError("--min-workers and --host are for --dask", click.get_current_context())
        return None, "127.0.0.1"
    try:
        return Crew(dask, min_workers), host or host_towards(dask)
    except NoCluster as error:
        raise Absent(str(error)) from error


def _lost(crew: Crew, results: Results) -> bool:
    """Whether more workers were lost than may be; what was lost is a remark."""
    results.settings = replace(results.settings, workers=len(crew.workers))
    worst = crew.worst
    if worst is not None and worst.lost:
        results.remarks.append(f"not the whole load: {worst.says}")
    return worst is not None and not worst.enough


def _check(points: Sequence[Point], warm_up: float) -> None:
    """Refuse a load that there cannot be, and see to it that there may be as many connections."""
    try:
        for point in points:
            point.spec("127.0.0.1", 1, warm_up)
    except LoadError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error
    try:
        allow(max(point.connections + point.idle for point in points))  # the servers inherit it
    except LimitError as error:
        raise Absent(str(error)) from error


def _subjects(
    names: Sequence[str], commands: Sequence[str], services: Sequence[str], *, with_ceiling: bool
) -> tuple[list[Subject], dict[str, str]]:
    """What to measure; and those that the patterns mean and that are not measured, each with the reason."""
    found: dict[str, catalogue.Variant] = {}
    others = {}
    for name in names or ([] if commands else [CLASSIC]):
        for variant in _variants(name):
            if variant.profile.same_as is None or variant.name == name:
                found[variant.name] = variant
            else:
                others[variant.name] = f"it is {variant.profile.same_as} under another name"
    subjects = [of_variant(variant) for variant in found.values()]
    subjects += [_command(text, services) for text in commands]
    c = ceiling() if with_ceiling and "upper" in services else None
    if c is not None:
        subjects.insert(0, c)
    twice = {subject.name for subject in subjects if [each.name for each in subjects].count(subject.name) > 1}
    if twice:
        raise click.UsageError(f"two servers are called {min(twice)!r}: name yours, NAME=COMMAND", click.get_current_context())
    return subjects, others


def _variants(name: str) -> list[catalogue.Variant]:
    """Those that a name means (`epoll`, `trio/threads`), or a pattern (`trio`, `*/threads`)."""
    try:
        return [catalogue.find(name)]
    except catalogue.CatalogueError:
        raise
    except LookupError:
        return refusing(lambda: choose(catalogue.variants(), lambda variant: variant.name, "variant", [name]))


def _command(text: str, services: Sequence[str]) -> Subject:
    """A server from `--cmd`. Without `{service}` it speaks the first service alone."""
    name, equals, rest = text.partition("=")
    if not equals or not name or any(character.isspace() or character in "'\"{" for character in name):
        name, rest = "", text
    try:
        return of_command(rest, name, None if "{service}" in rest else (services[0],))
    except ServerError as error:
        raise click.UsageError(f"--cmd: {error}", click.get_current_context()) from error


def _referred(subjects: list[Subject], reference: str | None) -> tuple[list[Subject], str]:
    """The subjects with the reference among them, and its name: a variant that was not named joins."""
    known = [subject.name for subject in subjects]
    if reference is None:
        return subjects, known[0]
    for name in (reference, f"sockets/{reference}"):
        if name in known:
            return subjects, name
    try:
        variant = catalogue.find(reference)
    except LookupError:
        words = f"--reference: no server is called {reference!r}{nearest(reference, known)}"
        if reference == CEILING:
            words = "--reference: the C ceiling is not here (it needs a compiler, `cc`, and the service upper)"
        raise click.UsageError(words, click.get_current_context()) from None
    return [of_variant(variant), *subjects], variant.name


def _show(results: Results, form: str) -> None:
    """Print it; what became of those that failed is told on standard error as well."""
    for name, reason in results.failed.items():
        click.echo(f"{name} failed: {reason}", err=True)
    if form == "json":
        click.echo(document.dump(results), nl=False)
    elif form == "md":
        click.echo(table.markdown(results), nl=False)
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() or os.environ.get("COLUMNS") else None
        click.echo(table.text(results, width, colour=wants_colour()), nl=False, color=True)


def _status(results: Results) -> int:
    if results.interrupted:
        end_orphans()
        return INTERRUPTED
    if results.failed:
        return 1
    return 0 if results.cells else 3
