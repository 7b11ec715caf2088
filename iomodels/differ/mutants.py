"""Requests that are nearly right."""

import random
from collections.abc import Callable, Sequence

__all__ = ["MUTANTS"]


def _at(data: bytes, chance: random.Random) -> int:
    return chance.randrange(max(1, len(data.rstrip(b"\r\n"))))


def _flipped(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _inserted(piece: bytes) -> Callable[[bytes, random.Random], bytes]:
    def insert(data: bytes, chance: random.Random) -> bytes:
        at = _at(data, chance)
        return data[:at] + piece + data[at:]

    return insert


def _ending(data: bytes, _: random.Random) -> bytes:
    """The other end of a line."""
    return data[:-2] + b"\n" if data.endswith(b"\r\n") else data.replace(b"\n", b"\r\n") if data.endswith(b"\n") else data


def _lacking(data: bytes, chance: random.Random) -> bytes:
    at = _at(data, chance)
    return data[:at] + data[at + 1 :] or data


def _empty(data: bytes, _: random.Random) -> bytes:
    return data[len(data.rstrip(b"\r\n")) :] or b" "


MUTANTS: Sequence[Callable[[bytes, random.Random], bytes]] = (
    _flipped,
    _inserted(b"\x00"),
    _inserted(b"\xff\xfe"),
    lambda data, _: data.swapcase(),
    _ending,
    _lacking,
    _empty,
    lambda data, chance: data[:1] + chance.randbytes(4).translate(None, b"\r\n") + data,
)
