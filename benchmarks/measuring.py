"""One measurement: a server on one core, the load on another, and the server's CPU clock read before and after.

Start the server, connect, warm up, read the clock, count checked replies for a while, read the clock again, end the
connections, end the server. Nothing is in flight at either reading, so the CPU time belongs to the requests that were
counted and to nothing else.
"""

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from benchmarks.servers import CEILING, Server

__all__ = [
    "SIZE",
    "FailedError",
    "Measurement",
    "NotStartedError",
    "Server",
    "UnavailableError",
    "build_ceiling",
    "measure",
    "members",
    "started",
]

HERE = Path(__file__).resolve().parent
SIZE = 64  # bytes of a request and of its reply
WARM_UP = 0.25  # seconds, in which specialised bytecode, allocators and branch predictors settle well
START = 10.0  # seconds that a server has to print its ready line
CONNECT = 60.0  # seconds that the generator has for an answer beyond those it counts in; it has a shorter patience of its own
TICKS = os.sysconf("SC_CLK_TCK")  # a second; what /proc/stat counts in
STOP = 3.0  # seconds between SIGTERM and SIGKILL
SATURATED = 0.97  # of a core: the generator can do no more
IDLE = 0.93  # of a core: the server could do more


class UnavailableError(Exception):
    """A server cannot run on this machine, and says why (exit status 3)."""


class NotStartedError(UnavailableError):
    """A server ended, for any other reason than that, before it would accept."""


class FailedError(Exception):
    """A server or the generator did what it must not: no figure of this run is to be believed."""


@dataclass(frozen=True)
class Measurement:
    """One server, once."""

    requests: int
    seconds: float
    server_cpu: float  # seconds, of the whole process tree
    generator_cpu: float
    taken: float  # seconds that other programs took of the server's core or of the generator's, whichever lost more
    processes_gone: int  # ended while counting; what they used since the first reading is not in server_cpu

    @property
    def cost(self) -> float:
        """Microseconds of CPU per request."""
        return self.server_cpu / self.requests * 1e6

    @property
    def generator_bound(self) -> bool:
        """Whether the generator could do no more while the server could."""
        return self.generator_cpu > SATURATED * self.seconds and self.server_cpu < IDLE * self.seconds


def build_ceiling(program: Path = HERE / "ceiling") -> Path:
    """Compile ceiling.c unless that has been done since it was last changed."""
    source = HERE / "ceiling.c"
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise UnavailableError("no C compiler: `cc` is not on the path")
    # Under another name first: two runs may build at once, and neither may start half a program.
    unfinished = program.with_name(f"{program.name}.{os.getpid()}")
    try:
        done = subprocess.run([compiler, "-O2", "-o", unfinished, source], capture_output=True, text=True, check=False)
        if done.returncode:
            raise UnavailableError(f"cc failed: {done.stderr.strip()}")
        unfinished.replace(program)
    finally:
        unfinished.unlink(missing_ok=True)
    return program


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Have what is started in this block run on `core` from its first instruction, its threads and children included."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def started(server: Server, core: int) -> Iterator[tuple[int, str, str]]:
    """The server's process id, host and port. It and its children are ended with the block, however that ends.

    It gets a session of its own: that finds its children, also those that were orphaned, and keeps Ctrl-C for us alone.
    """
    if server.name == CEILING:
        build_ceiling()
    with tempfile.TemporaryFile("w+") as errors:
        try:
            with on_core(core):
                process = subprocess.Popen(
                    server.command,
                    cwd=HERE.parent,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                    text=True,
                )
        except OSError as error:
            raise NotStartedError(str(error)) from None
        try:
            line = read_line(process, START)
            match = re.fullmatch(r"listening on (\S+):(\d+)", line)
            if match is None:
                raise not_started(process, line, errors)
            yield process.pid, match[1], match[2]
        except FailedError as error:
            raise FailedError(f"{server.name}: {error}{last_words(errors, '; it last said: ')}") from None
        finally:
            end(process)


def not_started(process: subprocess.Popen[str], line: str, errors: IO[str]) -> Exception:
    """What to raise about a server whose first line is no ready line."""
    if line:
        return FailedError(f"it printed {line!r} where `listening on HOST:PORT` was due")
    try:
        status = process.wait(STOP)  # it is ending, or why would its output have ended?
    except subprocess.TimeoutExpired:
        return FailedError("it closed its output without a line")
    if status == 3:
        return UnavailableError(last_words(errors) or "exit status 3, without a reason")
    return NotStartedError(f"exit status {status}{last_words(errors, ': ')}")


def last_words(errors: IO[str], lead: str = "") -> str:
    """The last line that a server wrote to its standard error, after `lead`; "" when there is none."""
    errors.seek(0)
    lines = errors.read().strip().splitlines()
    return lead + lines[-1] if lines else ""


def end(process: subprocess.Popen[str]) -> None:
    """SIGTERM, then SIGKILL, for the whole session; nobody is left waiting or running."""
    for number, patience in ((signal.SIGTERM, STOP), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
    for stream in (process.stdin, process.stdout):
        try:
            if stream is not None:
                stream.close()
        except BrokenPipeError:
            pass  # what was still to be said to it is of no use now


def read_line(process: subprocess.Popen[str], patience: float) -> str:
    """The next line of the program's output, without its end; "" at the end of the output."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(patience):
            raise FailedError(f"nothing was said for {patience:.0f} s")
    return process.stdout.readline().rstrip("\n")


def members(session: int) -> Iterator[int]:
    """The process ids of `session`."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it ended while we looked
            # After the name, which is in parentheses and may hold anything: state, parent, group, session.
            if entry.name.isdecimal() and int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == session:
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


def idle_time(core: int) -> float:
    """The seconds that `core` has been idle, to a tick."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            return (int(ticks[3]) + int(ticks[4])) / TICKS
    raise FailedError(f"/proc/stat has no line for core {core}")


def taken_by_others(seconds: float, idle: list[float], used: list[float]) -> float:
    """What neither idling nor their own program accounts for, on the core that lost more, give or take a tick each way."""
    lost = [seconds - core_idle - core_used - 2 / TICKS for core_idle, core_used in zip(idle, used, strict=True)]
    return max(0.0, *lost)


def measure(server: Server, connections: int, seconds: float, cores: tuple[int, int]) -> Measurement:
    """Start `server` on the first core and load it from the second."""
    with started(server, cores[0]) as (session, host, port):
        arguments = [host, port, str(connections), str(SIZE), str(WARM_UP)]
        with on_core(cores[1]):
            generator = subprocess.Popen(
                [sys.executable, str(HERE / "generator.py"), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                text=True,
            )
        try:
            hear = partial(answer, generator, CONNECT + seconds)
            hear()
            idle, began, before = [idle_time(core) for core in cores], time.perf_counter(), cpu_times(session)
            tell(generator, str(seconds))
            counted = json.loads(hear())
            after, lasted = cpu_times(session), time.perf_counter() - began
            idle = [idle_time(core) - then for core, then in zip(cores, idle, strict=True)]
            tell(generator, "read")
            hear()
        finally:
            end(generator)
    server_cpu = sum(used - before.get(process, 0.0) for process, used in after.items())
    generator_cpu = counted["cpu_seconds"]
    both = server_cpu + generator_cpu
    return Measurement(
        requests=counted["requests"],
        seconds=counted["seconds"],
        server_cpu=server_cpu,
        generator_cpu=generator_cpu,
        taken=taken_by_others(lasted, idle, [both, both] if cores[0] == cores[1] else [server_cpu, generator_cpu]),
        processes_gone=len(before.keys() - after.keys()),
    )


def tell(generator: subprocess.Popen[str], line: str) -> None:
    assert generator.stdin is not None
    try:
        print(line, file=generator.stdin, flush=True)
    except BrokenPipeError:
        pass  # it has ended; the answer that is not there says so


def answer(generator: subprocess.Popen[str], patience: float) -> str:
    """The generator's next answer; FailedError when that is no good one."""
    line = read_line(generator, patience)
    if not line:
        raise FailedError("the load generator ended without an answer")
    if line.startswith("wrong: "):
        raise FailedError(line)
    return line
