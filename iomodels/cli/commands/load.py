"""`iomodels load`: load on a server, every reply checked."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import rich_click as click

from iomodels.cli import INTERRUPTED
from iomodels.cli.options import Absent, Failed, Name, ReportFile, format_option, write_file
from iomodels.contract.runner import address_of
from iomodels.contract.server import ServerError
from iomodels.load.dask import Fleet, NoCluster, Shared
from iomodels.load.generator import Generator, Interrupted
from iomodels.load.listener import Listener
from iomodels.load.outcome import Outcome
from iomodels.load.spec import SERVICES, LimitError, LoadError, Spec, SpecError
from iomodels.load.summary import Summary

__all__ = ["command"]

POSITIVE, ANY = click.IntRange(min=1), click.IntRange(min=0)


@click.command("load")
@click.argument("address", metavar="HOST:PORT")
@click.option("--service", type=Name("service", SERVICES), default="upper", show_default=True, help="What is said.")
@click.option("-c", "--connections", type=POSITIVE, default=100, show_default=True, help="How many ask.")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="How long requests are counted.")
@click.option(
    "--pipeline", type=POSITIVE, default=1, show_default=True, metavar="K", help="Requests in flight on each connection."
)
@click.option("--rate", type=float, help="Requests a second, at times that do not depend on replies: an open loop.")
@click.option(
    "--arrivals",
    type=Name("kind of arrivals", ["constant", "poisson"]),
    default="constant",
    show_default=True,
    help="Of --rate.",
)
@click.option("--size", type=int, default=64, show_default=True, help="Bytes of payload in a request.")
@click.option("--think", type=float, default=0.0, help="Seconds between a reply and the next request.")
@click.option("--per-connection", type=POSITIVE, metavar="K", help="End each connection after K requests, and make it anew.")
@click.option("--idle", type=ANY, default=0, help="More connections, that have asked once and say no more.")
@click.option("--slow-readers", type=ANY, default=0, help="More, that ask for a lot and read a few bytes at a time.")
@click.option("--slow-writers", type=ANY, default=0, help="More, that send their requests byte by byte.")
@click.option(
    "--get", metavar="PATH", help="Of http: GET this, and compare with the first reply's body; else POST the payload."
)
@click.option("--warm-up", type=float, default=0.25, show_default=True, help="Seconds of load before that.")
@click.option("--processes", type=POSITIVE, default=1, show_default=True, metavar="P", help="Generators that share this out.")
@click.option("--core", "cores", type=ANY, multiple=True, help="Run them on this core; repeatable, one for each in turn.")
@click.option("--dask", metavar="ADDRESS", help="Load from the workers of this Dask scheduler: many machines.")
@click.option("--min-workers", type=POSITIVE, metavar="N", help="Of Dask: waited for, and to be left at the end; else all.")
@format_option("text", "json")
@click.option("-o", "--output", type=ReportFile(), metavar="FILE", help="Write it to a file instead of printing it.")
def command(
    address: str,
    seconds: float,
    processes: int,
    cores: tuple[int, ...],
    dask: str | None,
    min_workers: int | None,
    form: str,
    output: Path | None,
    **load: Any,
) -> int:
    """Put a load on the server at HOST:PORT; each reply is compared byte by byte, and only right ones are counted.

    A closed loop asks again when the reply has come. An open loop (--rate) asks when it is time, and counts the latency
    from then, though the server was stuck and the request could not go out. Each second a line tells how it goes.

    \b
    iomodels load 127.0.0.1:8080 -c 1000
    iomodels load 127.0.0.1:8080 --rate 20000 --arrivals poisson
    iomodels load 127.0.0.1:8080 --service http --get / --per-connection 1
    """
    context = click.get_current_context()
    if sys.platform != "linux":
        raise Absent("load waits with epoll: Linux alone has it")
    try:
        host, port = address_of(address)
        spec = Spec(host, port, **load)
        if not 0 < seconds <= 86400:
            raise SpecError(f"{seconds:g} s are no time to load for: above 0 to 86,400")
        if dask is None and min_workers is not None:
            raise SpecError("--min-workers goes with --dask")
        if dask is not None and (processes > 1 or cores):
            raise SpecError("with --dask each worker is one process: --processes and --core go without it")
        missing = set(cores) - os.sched_getaffinity(0)
        if missing:
            raise SpecError(
                f"core {min(missing)} is not ours: there are {', '.join(map(str, sorted(os.sched_getaffinity(0))))}"
            )
        summary, shared = (
            _from_here(spec, seconds, processes, cores) if dask is None else _from_many(dask, spec, seconds, min_workers)
        )
    except (SpecError, ServerError) as error:
        raise click.UsageError(str(error), context) from error
    except (LimitError, NoCluster) as error:
        raise Absent(str(error)) from error
    except LoadError as error:
        raise Failed(str(error)) from error
    rendered = summary.text() if form == "text" else summary.json()
    if output is None:
        click.echo(rendered, nl=False)
    else:
        write_file(output, rendered)
    if summary.interrupted:
        return INTERRUPTED
    return 0 if shared is None or shared.enough else 1


def _from_here(spec: Spec, seconds: float, processes: int, cores: tuple[int, ...]) -> tuple[Summary, None]:
    """The load from this machine. Raises LoadError."""
    with Generator(spec, cores or None, processes) as generator:
        summary = _watched(spec, generator.remarks, lambda: generator.run(seconds, _each_second()))
        if not summary.interrupted:
            generator.finish()
    return summary, None


def _from_many(address: str, spec: Spec, seconds: float, min_workers: int | None) -> tuple[Summary, Shared]:
    """The load from the workers of a Dask scheduler. Raises LoadError."""
    with Fleet(address, spec, min_workers) as fleet:
        summary = _watched(spec, fleet.remarks, lambda: fleet.run(seconds, _each_second()))
        if not summary.interrupted:
            fleet.finish()
    assert fleet.shared is not None
    # With a worker lost, the server has worked for requests as well that nobody counts.
    used = None if fleet.shared.lost else summary.server_cpu
    remarks = [*summary.remarks, fleet.shared.says]
    return replace(summary, server_cpu=used, remarks=remarks, workers=fleet.shared.dump()), fleet.shared


def _watched(spec: Spec, remarks: list[str], run: Callable[[], Outcome]) -> Summary:
    """Run it, and read the server's clock before and after, where the server is here."""
    listener = Listener(spec.host, spec.port)
    before, interrupted = listener.cpu(), False
    try:
        outcome = run()
    except Interrupted as stopped:
        outcome, interrupted = stopped.outcome, True
    used = listener.cpu() - before if listener.processes else None
    return Summary(spec, outcome, remarks, used, interrupted)


def _each_second() -> Callable[[int], None]:
    """What tells each second how it goes, on standard error."""
    seconds = [0]

    def tell(answered: int) -> None:
        second = len(seconds)
        click.echo(f"{second:>4} s  {answered - seconds[-1]:>9,} requests/s", err=True)
        seconds.append(answered)

    return tell
