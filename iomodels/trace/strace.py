"""What strace(1) writes with `-f -ttt -T`, line by line, as calls and signals. Nothing is known here of what a call means.

A call that sleeps while another thread is traced takes two lines, `<unfinished ...>` and `<... resumed>`; one that a signal
interrupts returns ERESTARTSYS and is made again, or goes on as `restart_syscall`. Times are microseconds, since 1970 where they
are points, so that what other programs of this machine have noted can be laid beside them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Call", "Record", "Signal", "Thread", "read"]

LINE = re.compile(r"(?:(?P<thread>\d+) +)?(?P<seconds>\d+)\.(?P<micros>\d{6}) (?P<rest>.*)")
WHOLE = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\)\s+= (?P<result>.*)")
BEGUN = re.compile(r"(?P<name>\w+)\((?P<arguments>.*?) ?<unfinished \.\.\.>(?:\)\s+= \?)?$")
RESUMED = re.compile(r"<\.\.\. (?P<name>\w+) resumed>(?P<arguments>.*?)\)\s+= (?P<result>.*)")
TOOK = re.compile(r" <(?P<seconds>\d+)\.(?P<micros>\d{6})>$")
ERROR = re.compile(r"(?:-1|\?) (E[A-Z0-9_]+)")
RESTARTED = re.compile(r"<\.\.\. resuming interrupted (\w+) \.\.\.>")
SIGNAL = re.compile(r"--- (SIG\w+) ")
GONE = re.compile(r"\+\+\+ (?:exited|killed|superseded)")
STARTS = ("clone", "clone3", "fork", "vfork")


@dataclass
class Call:
    """One system call of one thread.

    began: in microseconds since 1970. took: microseconds, or None when it had not returned at the end of the trace.
    result: as strace has it (`6`, `-1 EAGAIN (...)`, `?`). error: the name of the error, or "".
    """

    thread: int
    began: int
    took: int | None
    name: str
    arguments: str
    result: str

    @property
    def error(self) -> str:
        found = ERROR.match(self.result)
        return found[1] if found else ""

    def end(self, result: str) -> None:
        """Note how it returned; one that never does (`exit(0) = ?`) has no time."""
        took = TOOK.search(result)
        self.took = _micros(took) if took else None
        self.result = result[: took.start()] if took else result


@dataclass(frozen=True)
class Signal:
    """A signal that was delivered to a thread."""

    thread: int
    at: int
    name: str


@dataclass(frozen=True)
class Thread:
    """A thread that was traced; `shares`: with the one that started it, its memory, so that it is no process."""

    number: int
    shares: bool


@dataclass
class Record:
    """All that a trace tells: the threads in the order of their first lines, calls in the order in which they began."""

    threads: dict[int, Thread] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


def read(lines: Iterable[str]) -> Record:
    """The calls and signals of a trace. Lines that are none of strace's are passed over."""
    record = Record()
    last: dict[int, Call] = {}  # of each thread; one that has not returned yet can only be that
    for line in lines:
        found = LINE.match(line)
        if found is None:
            continue
        thread, at, rest = int(found["thread"] or 0), _micros(found), found["rest"]
        record.threads.setdefault(thread, Thread(thread, shares=False))
        returned = None
        if signal := SIGNAL.match(rest):
            record.signals.append(Signal(thread, at, signal[1]))
        elif GONE.match(rest):
            if thread in last and last[thread].took is None:
                last[thread].took = at - last[thread].began
        elif resumed := RESUMED.match(rest):
            if returned := last.get(thread):  # else it began before the trace did
                returned.arguments += resumed["arguments"]
                returned.end(resumed["result"])
        elif begun := BEGUN.match(rest) or WHOLE.match(rest):
            call = last[thread] = _begin(thread, at, begun["name"], begun["arguments"])
            record.calls.append(call)
            if "result" in begun.groupdict():
                returned = call
                call.end(begun["result"])
        if returned and returned.name in STARTS and returned.result.isdecimal():
            started = int(returned.result)
            record.threads[started] = Thread(started, shares="CLONE_THREAD" in returned.arguments)
    return record


def _begin(thread: int, at: int, name: str, arguments: str) -> Call:
    interrupted = RESTARTED.search(arguments) if name == "restart_syscall" else None
    return Call(thread, at, None, interrupted[1] if interrupted else name, arguments, "?")


def _micros(found: re.Match[str]) -> int:
    return int(found["seconds"]) * 1_000_000 + int(found["micros"])
