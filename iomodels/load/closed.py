"""The closed loop in its plainest form, one request in flight on each connection: the load that costs are compared by.

It is quick enough in Python because a request costs it little: two system calls, state in lists that descriptors are the index
of, all requests made beforehand, and one read of the clock, since the moment at which a reply is there is the one at which
the next request goes out.
"""

import os
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from select import epoll

from iomodels.load.connect import PATIENCE
from iomodels.load.owed import closed
from iomodels.load.spec import LoadError
from iomodels.load.talk import Pair, Talk
from iomodels.load.tally import SHIFT, Tally

__all__ = ["LARGEST", "Closed"]

LARGEST = 8 * 1024  # bytes of a request that the kernel takes whole on a connection that has nothing unsent
SECOND = 1_000_000_000


class Closed:
    """A load on connections, `descriptors`; `poller` watches them and perhaps idle ones, all below `room`."""

    def __init__(self, talk: Talk, poller: epoll, descriptors: Sequence[int], room: int) -> None:
        self._talk = talk
        self._poller = poller
        self._descriptors = descriptors
        self._most = 1 + max(len(reply) for _, reply in talk.pairs(0))  # one more: a byte too many shows at once
        # Lists by descriptor. None is what no reply equals, not even the b"" of an ended idle connection.
        self._want: list[bytes | None] = [None] * room
        self._turn: list[Callable[[], Pair]] = [cycle([(b"", b"")]).__next__] * room
        for number, descriptor in enumerate(descriptors):
            self._turn[descriptor] = cycle(talk.pairs(number)).__next__
        self._kept: dict[int, bytes] = {}  # the beginnings of replies that came in pieces

    def run(self, tally: Tally, seconds: float, tick: Callable[[int], None]) -> None:
        """Ask everywhere, and again after each reply, for so long; then take what is still owed. Every reply counts."""
        counts, beyond, want, turn, most = tally.counts, tally.beyond, self._want, self._turn, self._most
        poll, read, write, clock = self._poller.poll, os.read, os.write, time.perf_counter_ns
        in_flight, answered = len(self._descriptors), 0
        start = clock()
        deadline, mark = start + int(seconds * SECOND), start + SECOND
        sent = [start] * len(want)
        for descriptor in self._descriptors:
            request, want[descriptor] = turn[descriptor]()
            sent[descriptor] = clock()
            write(descriptor, request)
        while in_flight:
            ready = poll(PATIENCE, 64)
            now = clock()
            if now >= mark:
                tick(answered)
                mark += SECOND
            if not ready:
                raise LoadError(f"no reply in {PATIENCE:.0f} s; {in_flight} are owed")
            again = now < deadline
            answered += len(ready)
            for descriptor, _ in ready:
                data = read(descriptor, most)
                if data != want[descriptor] and not self._piece(descriptor, data):
                    answered -= 1
                    continue
                now = clock()
                try:
                    counts[(now - sent[descriptor]) >> SHIFT] += 1
                except IndexError:
                    beyond.append(now - sent[descriptor])
                if again:
                    request, want[descriptor] = turn[descriptor]()
                    sent[descriptor] = now
                    write(descriptor, request)
                else:
                    want[descriptor] = None
                    in_flight -= 1
        if self._kept:
            raise LoadError(f"the server sent {self._kept.popitem()[1][:48]!r} and then a whole reply")

    def _piece(self, descriptor: int, data: bytes) -> bool:
        """Take `data`, which is not simply the reply: is the reply whole now? LoadError where it never will be."""
        want = self._want[descriptor]
        if not data:
            raise closed(want)
        if want is None:
            raise LoadError(f"the server sent {data[:48]!r} to a connection that had asked for nothing")
        data = self._kept.pop(descriptor, b"") + data
        end = self._talk.read(data, want)
        if not end:
            self._kept[descriptor] = data
        elif end < len(data):
            raise LoadError(f"the server sent {data[end:][:48]!r} after its reply")
        return bool(end)
