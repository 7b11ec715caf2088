"""CPU time that a server spends on one request, beside what it could be: `python -m benchmarks.cpu_per_request`.

Throughput says as much about the machine and the load as about the server; CPU per request (user and system, of the
whole process tree) is steadier. Still it is the ratio that counts: servers are measured in turns, round after round,
and compared with the references of the same round, since a machine that slows down slows all of them. The references are
the C ceiling and the ten lines of Python; their files say what they leave out. How one measurement goes: measuring.py.
"""

import argparse
import json
import os
import platform
import re
import resource
import shlex
import signal
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import NoReturn

from benchmarks.measuring import (
    CEILING,
    MODELS,
    SIZE,
    TEN_LINES,
    FailedError,
    Measurement,
    NotStartedError,
    Server,
    UnavailableError,
    measure,
    servers,
)

__all__ = ["main"]

SPREAD = 0.20  # (max - min) / median, beyond which a figure is doubtful
TAKEN = 0.05  # of a core, taken by programs that have no part in this, beyond which a figure is doubtful
REFERENCES = {CEILING: "x C", TEN_LINES: "x ten lines"}
# The numbers to reach: (server, reference) -> {connections: ratio}
TARGETS = {
    ("epoll", CEILING): {100: 1.4, 1000: 1.7},
    ("epoll", TEN_LINES): {100: 1.1, 1000: 1.1},
    ("io_uring", CEILING): {100: 1.0, 1000: 1.25},
    ("selectors", CEILING): {100: 1.6, 1000: 1.9},
    ("threads", CEILING): {100: 2.5, 1000: 3.3},
}


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
    skipped: dict[str, str] = field(default_factory=dict)
    not_started: dict[str, str] = field(default_factory=dict)

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
                if server.name in report.skipped or server.name in report.not_started:
                    continue
                progress(f"round {number + 1} of {rounds}, {connections} connections: {server.name}")
                try:
                    report.rounds[connections, server.name].append(measure(server, connections, seconds, cores))
                except UnavailableError as error:
                    if any(report.rounds[size, server.name] for size in sizes):
                        raise FailedError(f"{server.name} started before, and now does not: {error}") from None
                    reasons = report.not_started if isinstance(error, NotStartedError) else report.skipped
                    reasons[server.name] = str(error)
    progress("")
    report.rounds = {key: measured for key, measured in report.rounds.items() if measured}
    return report


def progress(line: str) -> None:
    """One line on a terminal, written over; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def machine() -> str:
    """What the figures hold for."""
    try:
        model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        model = None
    processor = model[1] if model else platform.machine()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{platform.system()} {platform.release()}, {python}, {processor}, {os.cpu_count()} cores"


def rows(report: Report, connections: int) -> list[list[str]]:
    """The table for one number of connections, its heading first."""
    table = [["server", "us/request", "min-max", *REFERENCES.values(), "requests/s", "server, generator busy"]]
    for size, name in report.rounds:
        if size != connections:
            continue
        rounds, costs = report.rounds[size, name], report.costs(size, name)
        ratios = [str(report.ratio(size, name, reference) or "-") for reference in REFERENCES]
        rate = median(measurement.requests / measurement.seconds for measurement in rounds)
        server = median(measurement.server_cpu / measurement.seconds for measurement in rounds)
        generator = median(measurement.generator_cpu / measurement.seconds for measurement in rounds)
        spread = f"{min(costs):.2f}-{max(costs):.2f}"
        table.append([name, f"{median(costs):.2f}", spread, *ratios, f"{rate:,.0f}", f"{server:.0%}, {generator:.0%}"])
    return table


def as_text(report: Report, sizes: list[int], remarks: list[str]) -> str:
    lines: list[str] = []
    for connections in sizes:
        table = rows(report, connections)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines.append(f"{connections} connections, {SIZE}-byte messages")
        lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
        lines.append("")
    return "\n".join([*lines, *remarks])


def as_markdown(report: Report, sizes: list[int], remarks: list[str]) -> str:
    lines: list[str] = []
    for connections in sizes:
        heading, *body = (f"| {' | '.join(row)} |" for row in rows(report, connections))
        columns = heading.count("|") - 1
        lines += [
            f"**{connections} connections, {SIZE}-byte messages**",
            "",
            heading,
            "|" + "---|" * columns,
            *body,
            "",
        ]
    return "\n".join([*lines, *(f"- {remark}" for remark in remarks)])


def as_json(report: Report, settings: dict[str, object], warnings: list[str]) -> str:
    results = []
    for (connections, name), measured in report.rounds.items():
        costs = report.costs(connections, name)
        ratios = {reference: report.ratio(connections, name, reference) for reference in REFERENCES}
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
    return json.dumps({**told, "skipped": report.skipped, "not_started": report.not_started}, indent=2)


class Parser(argparse.ArgumentParser):
    """Says what was wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def positive(text: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a whole number above 0: {text!r}")
    return int(text)


def positives(text: str) -> list[int]:
    return list(dict.fromkeys(positive(part) for part in text.split(",")))


def duration(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"not a number of seconds above 0 and up to 3600: {text!r}")
    return seconds


def named_command(text: str) -> Server:
    name, equals, command = text.partition("=")
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}: {text!r}") from None
    if not (name and equals and words):
        raise argparse.ArgumentTypeError(f"not NAME=COMMAND: {text!r}")
    return Server(name, words)


def interrupted(number: int, _: object) -> NoReturn:
    """End through every `finally`, once: a second Ctrl-C must not leave a server behind."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    progress("")
    raise SystemExit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and say by the exit status whether there were figures to print for all that should have run."""
    parser = Parser(prog="cpu_per_request", description="CPU microseconds of a server per request, beside two references.")
    add = parser.add_argument
    names = f"Default: {', '.join([*REFERENCES, *MODELS])}."
    add(
        "--only",
        metavar="NAMES",
        help=f"measure these alone, separated by commas: any model, {', '.join(REFERENCES)}. {names}",
    )
    add(
        "--server",
        metavar="NAME=COMMAND",
        type=named_command,
        action="append",
        default=[],
        help="one more; may be repeated",
    )
    add("--rounds", type=positive, default=5, help="how often each is measured (default: %(default)s)")
    add("--connections", type=positives, default=[100, 1000], metavar="N,N", help="(default: 100,1000)")
    add("--seconds", type=duration, default=1.5, help="how long requests are counted (default: %(default)s)")
    add("--format", choices=("text", "json", "md"), default="text", help="(default: %(default)s)")
    options = parser.parse_args(arguments)

    known = servers() | {server.name: server for server in options.server}
    wanted = options.only.split(",") if options.only is not None else [*REFERENCES, *MODELS]
    wanted = list(dict.fromkeys([*wanted, *(server.name for server in options.server)]))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        parser.error(f"unknown server: {', '.join(map(repr, unknown))} (known: {', '.join(known)})")

    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if limit != resource.RLIM_INFINITY and max(options.connections) + 64 > limit:
        parser.error(f"{max(options.connections)} connections need more descriptors than the hard limit of {limit} allows")

    allowed = sorted(os.sched_getaffinity(0))
    cores = (allowed[0], allowed[min(1, len(allowed) - 1)])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    try:
        report = run([known[name] for name in wanted], options.connections, options.rounds, options.seconds, cores)
    except FailedError as error:
        progress("")
        print(f"cpu_per_request: {error}", file=sys.stderr)
        return 1

    warnings = report.warnings(cores)
    if options.format == "json":
        settings = {"rounds": options.rounds, "seconds": options.seconds, "size": SIZE, "cores": cores}
        print(as_json(report, settings, warnings))
    else:
        remarks = [f"skipped: {name}: {reason}" for name, reason in report.skipped.items()]
        remarks += [f"did not start: {name}: {reason}" for name, reason in report.not_started.items()]
        remarks += [f"warning: {warning}" for warning in warnings]
        how = f"median of {options.rounds} rounds of {options.seconds:g} s; ratios are medians of the rounds' own"
        remarks += [f"{how}; server on core {cores[0]}, generator on core {cores[1]}", machine()]
        print((as_text if options.format == "text" else as_markdown)(report, options.connections, remarks))
    return 1 if report.not_started else 0


if __name__ == "__main__":
    sys.exit(main())
