"""One measurement: a server on one core, the load on another, and the server's CPU clock read before and after.

Connect, warm up, read the clock, count checked replies for a while, read the clock again, look at the server's memory and
threads, end the connections. Nothing is in flight at either reading, so the CPU time belongs to the requests that were counted
and to nothing else.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from iomodels.contract.server import Server
from iomodels.load.generator import Generator
from iomodels.load.outcome import Outcome
from iomodels.load.spec import Spec

__all__ = [
    "Load",
    "Measurement",
    "Memory",
    "Switches",
    "cpu_times",
    "measure",
    "measure_with",
    "members",
    "memory",
]

TICKS = os.sysconf("SC_CLK_TCK")  # a second; what /proc/stat counts in
KIB = 1024
SWITCHED = re.compile(r"^(non)?voluntary_ctxt_switches:\s*(\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Switches:
    """Context switches (proc_pid_status(5)): because a thread waited, and because it had run for long enough."""

    voluntary: int
    involuntary: int

    def __sub__(self, before: "Switches") -> "Switches":
        return Switches(self.voluntary - before.voluntary, self.involuntary - before.involuntary)

    @property
    def all(self) -> int:
        return self.voluntary + self.involuntary


@dataclass(frozen=True)
class Memory:
    """Bytes of memory of a process tree, pages that several processes share counted once (proc_pid_smaps(5)).

    all: with the pages of files, such as libraries; another program that uses the same library makes it less. own: the
    anonymous pages alone. What the kernel keeps for a connection is in neither: the socket, its registration with a poller
    and, where each client has a thread or a process, that one's kernel stack.
    """

    all: int
    own: int


@dataclass(frozen=True)
class Measurement:
    """One server under one load, once.

    server_cpu, generator_cpu: seconds, the server's of its whole process tree. taken: seconds that other programs took of the
    server's core or of the generator's, whichever lost more. processes_gone: ended while counting, as far as they were seen;
    what they used is in server_cpu as far as their parent has waited for them. memory, threads, processes: with all
    connections open. switches: while counting, of the threads that were there at the end.
    """

    outcome: Outcome
    server_cpu: float
    generator_cpu: float
    taken: float
    processes_gone: int
    memory: Memory
    switches: Switches
    threads: int
    processes: int

    @property
    def cost(self) -> float:
        """Microseconds of server CPU per request."""
        return self.server_cpu / self.outcome.requests * 1e6

    @property
    def pss(self) -> int:
        """Bytes of memory of the server's process tree (the proportional set size)."""
        return self.memory.all


class Load(Protocol):
    """What puts a load on a server: all is connected and warm in its block, and nothing in flight but in `run`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def run(self, seconds: float) -> Outcome:
        """Go on for so long."""
        ...

    def finish(self) -> None:
        """End the connections, and see that no byte came too many."""


def measure(server: Server, spec: Spec, seconds: float, core: int) -> Measurement:
    """Load `server` from a process on `core` for so long. Raises LoadError."""
    with Generator(spec, core) as load:
        return measure_with(load, server, seconds, core)


def measure_with(load: Load, server: Server, seconds: float, core: int) -> Measurement:
    """The same with any load, whose block has been entered; `core` is where it runs, if that is on this machine."""
    session = server.pid
    own = os.sched_getaffinity(session)
    cores = [min(own), core] if len(own) == 1 else [core, core]
    switched = _switches(session)
    idle, began = [_idle_time(each) for each in cores], time.perf_counter()
    before, reaped = cpu_times(session), _reaped(session)
    outcome = load.run(seconds)
    after, lasted = cpu_times(session), time.perf_counter() - began
    reaped = _reaped(session) - reaped
    idle = [_idle_time(each) - then for each, then in zip(cores, idle, strict=True)]
    switched = _switches(session) - switched
    threads = sum(1 for process in members(session) for _ in _tasks(process))
    held = memory(session)
    load.finish()
    gone = before.keys() - after.keys()
    server_cpu = sum(used - before.get(process, 0.0) for process, used in after.items())
    server_cpu += max(0.0, reaped - sum(before[process] for process in gone))
    used = [server_cpu, outcome.cpu] if cores[0] != cores[1] else [server_cpu + outcome.cpu] * 2
    return Measurement(
        outcome=outcome,
        server_cpu=server_cpu,
        generator_cpu=outcome.cpu,
        taken=_taken_by_others(lasted, idle, used) if len(own) == 1 else 0.0,
        processes_gone=max(len(gone), reaped > 0),
        memory=held,
        switches=switched,
        threads=threads,
        processes=len(after),
    )


def members(session: int) -> Iterator[int]:
    """The process ids of `session`."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it ended while we looked
            # Of the kernel, not of /proc/PID/stat: every process of the machine is asked about, nine times a measurement.
            if entry.name.isdecimal() and os.getsid(int(entry.name)) == session:
                yield int(entry.name)


def cpu_times(session: int) -> dict[int, float]:
    """The CPU time in seconds of every process in `session`, by process id.

    Read from the processes' own CPU clocks (clock_getcpuclockid(3); the number is made as the C library makes it). They
    count the nanoseconds of all threads, also of those that have ended and of io_uring's workers. /proc/PID/stat counts
    in ticks of 10 ms; /proc/PID/schedstat knows the first thread alone, and task/*/schedstat only those that live.

    A clock is brought up to date when its thread leaves the core, so a server that sleeps, as it does when nothing is
    in flight, is read exactly, and one that spins (`nonblocking`) to a tick. What the kernel does for loopback packets
    in their sender's name is the sender's time, as it is for every server here.
    """
    times: dict[int, float] = {}
    for process in members(session):
        with suppress(OSError):  # it ended while we looked
            times[process] = time.clock_gettime((~process << 3) | 2)
    return times


def memory(session: int) -> Memory:
    """The memory of all processes of `session`."""
    sizes = list(_sizes(session))
    return Memory(sum(size.all for size in sizes), sum(size.own for size in sizes))


def _sizes(session: int) -> Iterator[Memory]:
    for process in members(session):
        with suppress(OSError):  # it ended while we looked
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
            sizes = {line.partition(":")[0]: int(line.split()[1]) * KIB for line in lines}
            if sizes:  # an ended one that nobody has waited for has none
                yield Memory(sizes["Pss"], sizes.get("Pss_Anon", sizes["Anonymous"]))


def _reaped(session: int) -> float:
    """Seconds of CPU of the children that members of `session` have waited for, a tick give or take (proc_pid_stat(5))."""
    ticks = 0
    for process in members(session):
        with suppress(OSError):
            ticks += sum(map(int, Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[13:15]))
    return ticks / TICKS


def _tasks(process: int) -> Iterator[Path]:
    with suppress(OSError):
        yield from Path(f"/proc/{process}/task").iterdir()


def _switches(session: int) -> Switches:
    counted = {"": 0, "non": 0}
    for process in members(session):
        for task in _tasks(process):
            with suppress(OSError):
                for kind, number in SWITCHED.findall((task / "status").read_text()):
                    counted[kind] += int(number)
    return Switches(counted[""], counted["non"])


def _idle_time(core: int) -> float:
    """The seconds that `core` has been idle, to a tick."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            return (int(ticks[3]) + int(ticks[4])) / TICKS
    return 0.0  # a core that cannot be looked at counts as busy with what was started on it


def _taken_by_others(seconds: float, idle: list[float], used: list[float]) -> float:
    """What neither idling nor their own program accounts for, on the core that lost more, give or take a tick each way."""
    lost = [seconds - core_idle - core_used - 2 / TICKS for core_idle, core_used in zip(idle, used, strict=True)]
    return max(0.0, *lost)
