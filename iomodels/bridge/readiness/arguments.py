"""What the waiting functions are given: descriptors, objects that have one, and timeouts."""

import math
import socket
import sys
from typing import Any

__all__ = ["LARGEST", "NANOSECONDS", "is_certain", "limit", "number", "sockets_number"]

LARGEST = (2**31 - 1) / 1000  # seconds: poll(2) and epoll_wait(2) take an int of milliseconds
NANOSECONDS = sys.maxsize / 1e9  # seconds: what CPython's select takes

sockets_number = socket.socket.fileno


def number(each: Any) -> int:
    """The descriptor, of itself or of an object with fileno()."""
    return each if isinstance(each, int) else each.fileno()


def is_certain(each: object) -> bool:
    """As long as it lives and says the same number, the number is the same open file; of a bare number nobody knows.

    An object of another class may hand on the number of a socket that it replaces.
    """
    return isinstance(each, socket.socket) and type(each).fileno is sockets_number


def limit(timeout: float | None, unit: float, largest: float) -> float | None:
    """A timeout in seconds, or None. Raises TypeError, ValueError (not a number) and OverflowError as the standard ones do.

    unit: its own, in seconds. largest: seconds.
    """
    if timeout is None:
        return None
    if not isinstance(timeout, (int, float)) and not hasattr(timeout, "__index__"):
        raise TypeError("timeout must be a number or None")
    seconds = float(timeout * unit)
    if math.isnan(seconds):
        raise ValueError("Invalid value NaN (not a number)")
    if abs(seconds) > largest:
        raise OverflowError("timeout is too large")
    return seconds
