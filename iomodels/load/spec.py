"""What a load is: where it goes, what is said, how much of it, and in what rhythm."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["LoadError", "Spec"]


class LoadError(Exception):
    """The load could not be put on the server, or the server answered wrongly; the text is one line for the user."""


@dataclass(frozen=True)
class Spec:
    """A load, as it may be sent to another process or machine as JSON.

    service: `upper`, `lines`, `http` or `resp`. connections: that ask. pipeline: requests in flight on each of them (closed loop).
    rate: requests a second over all connections, at times that do not depend on replies (open loop); None: a closed loop.
    arrivals: how those times lie. size: bytes of payload in a request. think: seconds between a reply and the connection's
    next request (closed loop). per_connection: requests after which a connection is ended and made anew; None: never.
    idle: more connections, that have asked once and say no more. slow_readers: more, that ask and read a few bytes at a
    time. slow_writers: more, that send their requests byte by byte. warm_up: seconds before anything is counted.
    seed: of arrivals and payloads.
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
    seed: int = 1
