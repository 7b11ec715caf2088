"""CPU time that a server spends on one request, beside what it could be: `python -m benchmarks.cpu_per_request`.

Throughput says as much about the machine and the load as about the server; CPU per request (user and system, of the
whole process tree) is steadier. Still it is the ratio that counts: servers are measured in turns, round after round,
and compared with the references of the same round, since a machine that slows down slows all of them. The references are
the C ceiling, and the least that the server's own way of waiting costs: of a classic model the ten lines of Python, of an async
variant its floor (`--group async`). Their files say what they leave out. How one measurement goes: measuring.py.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from statistics import median

from benchmarks.measuring import SIZE, FailedError, Measurement, Server, UnavailableError, measure
from benchmarks.program import Absent, Parser, Table, end_in_order, machine, markdown, positives, progress, text
from benchmarks.servers import CEILING, TARGETS, TEN_LINES, floor_of, references

__all__ = ["main"]

SPREAD = 0.20  # (max - min) / median, beyond which a figure is doubtful
TAKEN = 0.05  # of a core, taken by programs that have no part in this, beyond which a figure is doubtful


@dataclass(frozen=True)
class Ratio:
    """How a server's cost compares with a reference's, and how it should."""

    value: float
    target: float | None

    @property
    def met(self) -> bool | None:
        return None if self.target is None else self.value <= self.target

    def __str__(self) -> str:
        if self.target is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} (<= {self.target:.2f} {'met' if self.met else 'NOT MET'})"


@dataclass
class Report:
    """What was measured: (connections, server) -> a measurement a round; and who could not be."""

    rounds: dict[tuple[int, str], list[Measurement]] = field(default_factory=dict)
    absent: Absent = field(default_factory=Absent)

    def costs(self, connections: int, name: str) -> list[float]:
        return [measurement.cost for measurement in self.rounds[connections, name]]

    def ratio(self, connections: int, name: str, reference: str) -> Ratio | None:
        """The median of the rounds' own ratios."""
        if name == reference or (connections, reference) not in self.rounds:
            return None
        pairs = zip(self.costs(connections, name), self.costs(connections, reference), strict=True)
        return Ratio(median(own / other for own, other in pairs), TARGETS.get((name, reference), {}).get(connections))

    def warnings(self, cores: tuple[int, int]) -> list[str]:
        """What to know before one of the figures is believed: a line for each cause, with the figures it concerns."""
        causes: dict[str, list[str]] = {}

        def doubt(cause: str, where: str) -> None:
            causes.setdefault(cause, []).append(where)

        apart = cores[0] != cores[1]
        if not apart:
            doubt("one core only", "server and generator took turns on it")
        for (connections, name), rounds in self.rounds.items():
            costs, where = self.costs(connections, name), f"{name} at {connections}"
            taken = max(measurement.taken / measurement.seconds for measurement in rounds)
            spread = (max(costs) - min(costs)) / median(costs)
            bound = sum(measurement.generator_bound for measurement in rounds)
            gone = sum(measurement.processes_gone for measurement in rounds)
            if taken > TAKEN:
                doubt("other programs took part of a core (repeat on a quieter machine)", f"{where} {taken:.0%}")
            if spread > SPREAD:
                doubt(f"more than {SPREAD:.0%} between rounds (repeat, with more --rounds)", f"{where} {spread:.0%}")
            if bound and apart:
                doubt("generator-bound, the server had time to spare", f"{where} in {bound} of {len(rounds)} rounds")
            if gone:
                doubt("processes ended while counting, and their time is lost", f"{where} {gone}")
        return [f"{cause}: {', '.join(places)}" for cause, places in causes.items()]


def run(chosen: list[Server], sizes: list[int], rounds: int, seconds: float, cores: tuple[int, int]) -> Report:
    """Round by round, every size and every server in turn; each round begins with another server, for fairness."""
    report = Report({(connections, server.name): [] for connections in sizes for server in chosen})
    for number in range(rounds):
        turn = number % len(chosen)
        for connections in sizes:
            for server in chosen[turn:] + chosen[:turn]:
                if server.name in report.absent:
                    continue
                progress(f"round {number + 1} of {rounds}, {connections} connections: {server.name}")
                try:
                    report.rounds[connections, server.name].append(measure(server, connections, seconds, cores))
                except UnavailableError as error:
                    started_before = any(report.rounds[size, server.name] for size in sizes)
                    report.absent.note(server.name, error, started_before=started_before)
    progress("")
    report.rounds = {key: measured for key, measured in report.rounds.items() if measured}
    return report


def tables(report: Report, sizes: list[int]) -> list[tuple[str, Table]]:
    """A table for each number of connections, with its caption."""
    return [(f"{connections} connections, {SIZE}-byte messages", table(report, connections)) for connections in sizes]


def table(report: Report, connections: int) -> Table:
    names = [name for size, name in report.rounds if size == connections]
    # A column for each kind of reference that one of the servers is compared with.
    columns = {"x C": CEILING, "x ten lines": TEN_LINES}
    columns = {head: reference for head, reference in columns.items() if any(reference in references(name) for name in names)}
    with_floors = any(floor_of(name) for name in names)
    busy = "server, generator busy"
    rows = [["server", "us/request", "min-max", *columns, *(["x floor"] if with_floors else []), "requests/s", busy]]
    for name in names:
        rounds, costs = report.rounds[connections, name], report.costs(connections, name)
        ratios = [str(report.ratio(connections, name, reference) or "-") for reference in columns.values()]
        if with_floors:
            floor = floor_of(name)
            ratio = floor and report.ratio(connections, name, floor)
            ratios.append(f"{ratio} {floor.removeprefix('floor/')}" if floor and ratio else "-")
        rate = median(measurement.requests / measurement.seconds for measurement in rounds)
        server = median(measurement.server_cpu / measurement.seconds for measurement in rounds)
        generator = median(measurement.generator_cpu / measurement.seconds for measurement in rounds)
        spread = f"{min(costs):.2f}-{max(costs):.2f}"
        rows.append([name, f"{median(costs):.2f}", spread, *ratios, f"{rate:,.0f}", f"{server:.0%}, {generator:.0%}"])
    return rows


def as_json(report: Report, settings: dict[str, object], warnings: list[str]) -> str:
    results = []
    for (connections, name), measured in report.rounds.items():
        costs = report.costs(connections, name)
        ratios = {reference: report.ratio(connections, name, reference) for reference in references(name)}
        results.append(
            {
                "server": name,
                "connections": connections,
                "us_per_request": {"median": median(costs), "min": min(costs), "max": max(costs)},
                "ratios": {to: ratio and {**asdict(ratio), "met": ratio.met} for to, ratio in ratios.items()},
                "rounds": [asdict(measurement) for measurement in measured],
            }
        )
    told = {"machine": machine(), "settings": settings, "results": results, "warnings": warnings}
    return json.dumps({**told, **asdict(report.absent)}, indent=2)


def duration(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"not a number of seconds above 0 and up to 3600: {text!r}")
    return seconds


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and say by the exit status whether there were figures to print for all that should have run."""
    description = "CPU microseconds of a server per request, beside what it could be."
    parser = Parser("cpu_per_request", description, group="classic", rounds=5)
    add = parser.add_argument
    add("--connections", type=positives, default=[100, 1000], metavar="N,N", help="(default: 100,1000)")
    add("--seconds", type=duration, default=1.5, help="how long requests are counted (default: %(default)s)")
    options = parser.parse_args(arguments)
    chosen = parser.chosen(options)
    parser.allow(max(options.connections))

    allowed = sorted(os.sched_getaffinity(0))
    cores = (allowed[0], allowed[min(1, len(allowed) - 1)])
    end_in_order()
    try:
        report = run(chosen, options.connections, options.rounds, options.seconds, cores)
    except FailedError as error:
        progress("")
        print(f"cpu_per_request: {error}", file=sys.stderr)
        return 1

    warnings = report.warnings(cores)
    if options.format == "json":
        settings = {"rounds": options.rounds, "seconds": options.seconds, "size": SIZE, "cores": cores}
        print(as_json(report, settings, warnings))
    else:
        remarks = [*report.absent.remarks(), *(f"warning: {warning}" for warning in warnings)]
        how = f"median of {options.rounds} rounds of {options.seconds:g} s; ratios are medians of the rounds' own"
        remarks += [f"{how}; server on core {cores[0]}, generator on core {cores[1]}", machine()]
        print((text if options.format == "text" else markdown)(tables(report, options.connections), remarks))
    return 1 if report.absent.not_started else 0


if __name__ == "__main__":
    sys.exit(main())
