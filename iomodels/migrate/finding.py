"""What a scan says: findings, what each class or module is, and what could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Confidence", "Finding", "Kind", "Model", "Place", "Scan", "Skipped", "Unit"]


class Confidence(StrEnum):
    """How a finding is known.

    CERTAIN: the receiver's origin was followed to the library. LIKELY: through a parameter, a container or an attribute that
    has other origins as well. POSSIBLE: its name and its use say so, and nothing contradicts.
    """

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, order=True)
class Place:
    """A piece of a source file.

    path: as it was given, with the separators of this machine. line, end_line: from 1. column, end_column: from 1, in
    characters, the end exclusive.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing found.

    rule: its code, `IOM102`. text: what, in one line, without the place. unit: the class, function or module it belongs to, as
    `Unit.name`.
    """

    place: Place
    rule: str
    text: str
    confidence: Confidence
    unit: str = ""


class Model(StrEnum):
    """How a unit waits. The values are the names of `models/`, where there is one."""

    BLOCKING = "blocking"
    THREADS = "threads"
    THREAD_POOL = "thread_pool"
    FORK = "fork"
    PREFORK = "prefork"
    NONBLOCKING = "nonblocking"
    SELECT = "select"
    POLL = "poll"
    EPOLL = "epoll"
    KQUEUE = "kqueue"
    SELECTORS = "selectors"
    SIGNAL_DRIVEN = "signal_driven"
    SOCKETSERVER = "socketserver"
    ASYNCORE = "asyncore"
    UDP = "udp"
    EVENT_LOOP = "event_loop"  # one made by hand: handlers that are registered and called


class Kind(StrEnum):
    """What a unit is for."""

    SERVER = "server"
    CLIENT = "client"
    BOTH = "server and client"
    WAITER = "waiter"  # only waits for a descriptor, and is no server
    LOOP = "loop"  # an event loop made by hand, which calls what is registered with it
    FRAMEWORK = "framework"  # defines the API that others build on, asyncore or socketserver: nothing is reported in its file


@dataclass(frozen=True, order=True)
class Unit:
    """A class, or a module's functions, and which model it is.

    name: the class's qualified name, the function's when it stands alone, or "" for a module. reasons: what it was told by,
    one line each. stay: why it is better left as it is ("do not go async here"), or "".
    """

    place: Place
    name: str
    kind: Kind
    model: Model
    reasons: tuple[str, ...] = ()
    stay: str = ""


@dataclass(frozen=True, order=True)
class Skipped:
    """A file that was not read. reason: `python 2`, `broken`, `unreadable`; text: what was wrong, in one line."""

    path: str
    reason: str
    text: str
    line: int = 0


@dataclass(frozen=True)
class Scan:
    """What a scan found, everything in the order of its place.

    files, lines: those that were read; parsed: the files that had to be parsed for it. ignored: findings that a comment, the
    baseline or the base revision took out, by which of them.
    """

    findings: Sequence[Finding]
    units: Sequence[Unit]
    skipped: Sequence[Skipped]
    files: int
    lines: int
    parsed: int
    seconds: float
    ignored: dict[str, int] = field(default_factory=dict)
