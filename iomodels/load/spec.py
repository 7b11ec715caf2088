"""What a load is: where it goes, what is said, how much of it, and in what rhythm."""

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["SERVICES", "LimitError", "LoadError", "Spec", "SpecError", "VoidError"]

SERVICES = ("upper", "lines", "http", "resp")
LARGEST = 16 * 1024 * 1024  # bytes of payload in a request
MOST = 1_000_000  # connections: more than one address has ports for, several times over
FASTEST = 1_000_000  # requests a second, of one process: several times what Python can send


class LoadError(Exception):
    """The load could not be put on the server, or the server answered wrongly; the text is one line for the user."""


class SpecError(LoadError):
    """There cannot be such a load."""


class VoidError(LoadError):
    """Part of the load was lost on its way, which is no fault of the server's; what was measured meanwhile says nothing."""


class LimitError(LoadError):
    """This machine does not allow such a load; the text says what would."""


@dataclass(frozen=True)
class Spec:
    """A load, as it may be sent to another process or machine as JSON. Raises SpecError where there cannot be one.

    service: `upper`, `lines`, `http` or `resp`. connections: that ask. pipeline: requests in flight on each (closed loop).
    rate: requests a second over all connections, at times that do not depend on replies (open loop); None: a closed loop.
    arrivals: how those times lie. size: bytes of payload in a request. think: seconds between a reply and the connection's
    next request (closed loop). per_connection: requests after which a connection is ended and made anew; None: never.
    idle: more connections, that have asked once and say no more. slow_readers: more, that ask and read a few bytes at a
    time. slow_writers: more, that send their requests byte by byte. warm_up: seconds before anything is counted.
    get: of `http`, the path of a GET whose body is learned from the first reply; None: a POST of the payload, which comes back
    in upper case. seed: of arrivals.
    """

    host: str
    port: int
    service: str = "upper"
    connections: int = 100
    pipeline: int = 1
    rate: float | None = None
    arrivals: Literal["constant", "poisson"] = "constant"
    size: int = 64
    think: float = 0.0
    per_connection: int | None = None
    idle: int = 0
    slow_readers: int = 0
    slow_writers: int = 0
    warm_up: float = 0.25
    get: str | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        for wrong, words in (
            (self.service not in SERVICES, f"no load speaks {self.service!r} (there are {', '.join(SERVICES)})"),
            (self.connections < 1, f"{self.connections} connections cannot ask: at least 1"),
            (self.sockets > MOST, f"{self.sockets:,} connections are impossible: at most {MOST:,}"),
            (self.pipeline < 1, f"{self.pipeline} requests in flight are no load: at least 1"),
            (not 1 <= self.size <= LARGEST, f"a payload of {self.size:,} bytes is impossible: 1 to {LARGEST:,}"),
            (self.rate is not None and not 0 < self.rate <= FASTEST, f"a rate of {self.rate or 0:g} a second is impossible"),
            (not 0 <= self.think < math.inf, f"a think time of {self.think:g} s is impossible"),
            (self.per_connection is not None and self.per_connection < 1, "a connection carries at least 1 request"),
            (min(self.idle, self.slow_readers, self.slow_writers) < 0, "there cannot be fewer than 0 connections"),
            (not 0 <= self.warm_up < math.inf, f"a warm-up of {self.warm_up:g} s is impossible"),
            (self.rate is not None and self.pipeline > 1, "in an open loop nobody sets how many requests are in flight"),
            (self.rate is not None and self.think > 0, "in an open loop nobody thinks: the rate says when to ask"),
            (self.think > 0 and self.pipeline > 1, "who thinks between reply and request has one in flight"),
            (self.get is not None and self.service != "http", f"only http has a GET, {self.service} has none"),
            (self.get is not None and not _is_path(self.get), f"{self.get!r} is no path"),
        ):
            if wrong:
                raise SpecError(words)

    @property
    def where(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def says(self) -> str:
        """The load in words."""
        said = self.service if self.get is None else f"{self.service} (GET {self.get})"
        flight = f", {self.pipeline} in flight on each" if self.pipeline > 1 else ""
        rate = "" if self.rate is None else f", {self.rate:,.7g} requests a second ({self.arrivals})"
        think = f", {self.think:g} s of thinking" if self.think else ""
        churn = "" if self.per_connection is None else f", ended after {self.per_connection}"
        others = ((self.idle, "idle"), (self.slow_readers, "slow readers"), (self.slow_writers, "slow writers"))
        beside = "".join(f", {number:,} {what}" for number, what in others if number)
        size = f", {self.size:,} bytes" if self.get is None else ""
        return f"{said}, {self.connections:,} connections{flight}{churn}{rate}{think}{size}{beside}"

    @property
    def sockets(self) -> int:
        """Connections of every kind."""
        return self.connections + self.idle + self.slow_readers + self.slow_writers


def _is_path(text: str) -> bool:
    return text.startswith("/") and text.isascii() and text.isprintable() and " " not in text
