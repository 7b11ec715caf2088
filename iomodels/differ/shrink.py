"""The shortest conversation that still shows a difference: fewer clients, fewer steps, fewer pauses, fewer bytes."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from iomodels.differ.conversations import Conversation, Step
from iomodels.replay.recording import Kind

__all__ = ["Limits", "shrunk"]


@dataclass(frozen=True)
class Limits:
    """Of a search: how many conversations are tried, and for how many seconds."""

    tries: int = 80
    seconds: float = 20.0


def shrunk(conversation: Conversation, shows: Callable[[Conversation], bool], limits: Limits) -> tuple[Conversation, int]:
    """The shortest that was found, and how many were tried. It starts anew with each success, with what saves most first.

    shows: whether a conversation still shows it.
    """
    until = time.monotonic() + limits.seconds
    tried: set[tuple[object, ...]] = set()
    best = conversation
    while True:
        for shorter in _shorter(best):
            key = (*shorter.steps, shorter.gap, shorter.slow, shorter.stops)
            if key in tried:
                continue
            if len(tried) >= limits.tries or time.monotonic() > until:
                return best, len(tried)
            tried.add(key)
            if shows(shorter):
                best = shorter
                break
        else:
            return best, len(tried)


def _shorter(of: Conversation) -> Iterator[Conversation]:
    """Shorter ones, those first that are shorter by far."""
    yield from _fewer_clients(of)
    yield from _fewer_steps(of)
    yield from _fewer_bytes(of)
    if of.gap:
        yield replace(of, gap=False)
    if of.slow:
        yield replace(of, slow=frozenset())


def _fewer_clients(of: Conversation) -> Iterator[Conversation]:
    numbers = of.connections
    for size in _halves(len(numbers)):
        for start in range(0, len(numbers), size):
            gone = numbers[start : start + size]
            if len(gone) < len(numbers):
                yield _without(of, lambda step, gone=gone: step.connection in gone)  # type: ignore[misc]


def _fewer_steps(of: Conversation) -> Iterator[Conversation]:
    able = [number for number, step in enumerate(of.steps) if step.kind is not Kind.OPEN]
    for size in _halves(len(able) + 1):
        for start in range(len(able) - size, -1, -size):  # from the end: what comes later is needed less
            gone = set(able[start : start + size])
            yield of.with_steps(_pauses_kept(of.steps, gone))
    for number, step in enumerate(of.steps):
        if step.waits:
            yield of.with_steps([*of.steps[:number], replace(step, waits=False), *of.steps[number + 1 :]])


def _fewer_bytes(of: Conversation) -> Iterator[Conversation]:
    for number, step in enumerate(of.steps):
        for shorter in _shorter_data(step.data):
            yield of.with_steps([*of.steps[:number], replace(step, data=shorter), *of.steps[number + 1 :]])


def _shorter_data(data: bytes) -> Iterator[bytes]:
    """Without some lines, then without some bytes; a line keeps its end as long as it may."""
    lines = data.splitlines(keepends=True)
    if len(lines) > 1:
        for size in _halves(len(lines)):
            for start in list(range(0, len(lines), size))[:16]:
                yield b"".join(lines[:start] + lines[start + size :])
    body = data.rstrip(b"\r\n")
    if len(lines) <= 1 and len(body) > 1:
        for size in _halves(len(body)):
            for start in list(range(0, len(body), size))[:8]:
                yield body[:start] + body[start + size :] + data[len(body) :]


def _halves(length: int) -> Iterator[int]:
    while length > 1:
        length = (length + 1) // 2
        yield length
        if length == 1:
            return


def _without(of: Conversation, gone: Callable[[Step], bool]) -> Conversation:
    numbers = {number for number, step in enumerate(of.steps) if gone(step)}
    left = {step.connection for number, step in enumerate(of.steps) if number not in numbers}
    order = {number: place for place, number in enumerate((each for each in of.connections if each in left), 1)}
    slow = frozenset(order[each] for each in of.slow if each in order)
    kept = [replace(step, connection=order[step.connection]) for step in _pauses_kept(of.steps, numbers)]
    return replace(of.with_steps(kept), slow=slow)


def _pauses_kept(steps: Sequence[Step], gone: set[int]) -> list[Step]:
    """Without some; where one of them waited, the next that is left waits."""
    kept: list[Step] = []
    waits = False
    for number, step in enumerate(steps):
        waits = waits or step.waits
        if number not in gone:
            kept.append(replace(step, waits=waits))
            waits = False
    return kept
