"""What an idle connection costs a server in memory: `python -m benchmarks.memory_per_connection`.

The proportional set size (proc_pid_smaps(5)) of the server's whole process tree, before and with so many idle connections: a
page that several processes share is counted once. Each connection has sent a request and received its reply, so what a server
makes for it only when it is needed is there; one more has done so before the first reading, so what is made but once is not
counted.

What the kernel keeps for a connection is not in it: the socket, its registration with a poller and, where each client has a
thread or a process, that one's kernel stack.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.generator import Load, ReplyError
from benchmarks.measuring import SIZE, FailedError, Server, UnavailableError, members, started
from benchmarks.program import Absent, Parser, Table, end_in_order, machine, markdown, positive, progress, text

__all__ = ["main"]

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Reading:
    """The memory of one server, once."""

    before: int  # bytes
    after: int
    connections: int
    processes: int  # with all connections

    @property
    def each(self) -> float:
        """Bytes per connection."""
        return (self.after - self.before) / self.connections


@dataclass
class Report:
    """What was read: server -> a reading a round; and who could not be."""

    rounds: dict[str, list[Reading]] = field(default_factory=dict)
    absent: Absent = field(default_factory=Absent)


def set_sizes(session: int) -> list[int]:
    """The proportional set size in bytes of every process of `session`."""
    sizes = []
    for process in members(session):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:  # it ended while we looked
            continue
        sizes += [int(line.split()[1]) * KIB for line in lines if line.startswith("Pss:")]
    return sizes


def read(server: Server, connections: int, core: int) -> Reading:
    """Start `server` on `core`, connect to it, and look at its memory before and after."""
    with started(server, core) as (session, host, port):
        address = (host, int(port))
        try:
            with Load(address, 1, SIZE) as first:
                before = set_sizes(session)
                with Load(address, connections, SIZE) as idle:
                    after = set_sizes(session)
                    idle.finish()
                first.finish()
        except (ReplyError, OSError) as error:
            raise FailedError(f"wrong: {error}") from None
    return Reading(sum(before), sum(after), connections, len(after))


def run(chosen: list[Server], connections: int, rounds: int, core: int) -> Report:
    """Round by round, every server in turn."""
    report = Report()
    for number in range(rounds):
        for server in chosen:
            if server.name in report.absent:
                continue
            progress(f"round {number + 1} of {rounds}: {server.name}")
            try:
                reading = read(server, connections, core)
            except UnavailableError as error:
                report.absent.note(server.name, error, started_before=server.name in report.rounds)
            else:
                report.rounds.setdefault(server.name, []).append(reading)
    progress("")
    return report


def table(report: Report, connections: int) -> Table:
    """A row for each server."""
    rows = [["server", "KiB/connection", "min-max", "MiB before", f"MiB with {connections}", "processes"]]
    for name, readings in report.rounds.items():
        each = [reading.each / KIB for reading in readings]
        before, after = median(each.before / MIB for each in readings), median(each.after / MIB for each in readings)
        sizes = [f"{median(each):.1f}", f"{min(each):.1f}-{max(each):.1f}", f"{before:.1f}", f"{after:.1f}"]
        rows.append([name, *sizes, str(max(reading.processes for reading in readings))])
    return rows


def as_json(report: Report, settings: dict[str, object]) -> str:
    results = []
    for name, readings in report.rounds.items():
        each = [reading.each / KIB for reading in readings]
        cost = {"median": median(each), "min": min(each), "max": max(each)}
        results.append({"server": name, "kib_per_connection": cost, "rounds": [asdict(reading) for reading in readings]})
    told = {"machine": machine(), "settings": settings, "results": results}
    return json.dumps({**told, **asdict(report.absent)}, indent=2)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and say by the exit status whether there were figures to print for all that should have run."""
    description = "Memory of a server per idle connection: the proportional set size of its process tree."
    parser = Parser("memory_per_connection", description, group="all", rounds=3)
    parser.add_argument("--connections", type=positive, default=1000, metavar="N", help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    chosen = parser.chosen(options)
    parser.allow(options.connections)
    end_in_order()
    try:
        report = run(chosen, options.connections, options.rounds, min(os.sched_getaffinity(0)))
    except FailedError as error:
        progress("")
        print(f"memory_per_connection: {error}", file=sys.stderr)
        return 1

    if options.format == "json":
        print(as_json(report, {"rounds": options.rounds, "size": SIZE, "connections": options.connections}))
    else:
        how = f"median of {options.rounds} rounds; proportional set size of the process tree, without what the kernel keeps"
        tables = [(f"{options.connections} idle connections", table(report, options.connections))]
        print((text if options.format == "text" else markdown)(tables, [*report.absent.remarks(), how, machine()]))
    return 1 if report.absent.not_started else 0


if __name__ == "__main__":
    sys.exit(main())
