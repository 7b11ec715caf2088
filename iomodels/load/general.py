"""Every load but the plain closed loop: rates, pipelines, pauses, connections that end, slow ones in the background.

In an open loop requests are due at times that nothing which the server does can move. One that is due goes out on the
connection that has been free longest; where none is, it waits for one, and its latency counts from the time it was due all
the same. To count from when it was sent would leave out just what a stuck server made wait (coordinated omission).
"""

import select
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from select import EPOLLIN, EPOLLOUT, epoll

from iomodels.load.arrivals import arrivals
from iomodels.load.background import STEP, Slow
from iomodels.load.connect import PATIENCE, Address, begin, complain
from iomodels.load.owed import closed
from iomodels.load.spec import LoadError, Spec
from iomodels.load.talker import FOR_EVER, Talker
from iomodels.load.tally import SHIFT, Tally

__all__ = ["General"]

SECOND = 1_000_000_000
BATCH = 64  # events taken at a time: what is due is looked at in between
SPIN = 20_000  # nanoseconds that no sleep is worth
FINE = 2_000_000  # nanoseconds below which epoll's milliseconds are too coarse
PIECE = 256 * 1024  # bytes received at a time


class General:
    """A load with all that `spec` may say. What `poller` watches beside the `talkers` is idle."""

    def __init__(
        self, spec: Spec, address: Address, poller: epoll, talkers: Sequence[Talker], background: Sequence[Slow]
    ) -> None:
        self._spec = spec
        self._address = address
        self._poller = poller
        self._talkers = talkers
        self._background = background
        self._open = {talker.socket.fileno(): talker for talker in talkers if talker.stage != "absent"}
        self._free: deque[Talker] = deque()  # that may ask, of an open loop
        self._agenda: deque[tuple[int, Talker]] = deque()  # who is thinking, until when
        self._budget = spec.per_connection or FOR_EVER
        self._busy = 0  # replies, connections and ends of connections that are awaited
        self._over = False  # whether nothing more is asked
        self.connects = 0
        self.late = 0
        try:
            Path("/proc/self/timerslack_ns").write_text("1")  # the kernel may else oversleep by 50 us, prctl(2)
        except OSError:
            pass

    def run(self, tally: Tally, seconds: float, tick: Callable[[int], None]) -> None:
        """Put the load on for so long, then take what is still owed."""
        clock = time.perf_counter_ns
        now = heard = step = clock()
        deadline = now + int(seconds * SECOND)
        mark, answered = now + SECOND, 0
        self._over, self.connects, self.late = False, 0, 0
        times = arrivals(self._spec, now)
        due = next(times)
        self._begin(now)
        while self._busy or not self._over:
            if now >= mark:
                tick(answered)
                mark += SECOND
            while self._free and due <= now and due < deadline:
                self._ask(self._free.popleft(), due)
                due = next(times)
            if now >= deadline and not self._over:
                self._stop()
                if due < deadline:
                    self.late = 1 + int((deadline - due) * (self._spec.rate or 0) / SECOND)
                continue  # perhaps there is nothing to wait for
            while self._agenda and self._agenda[0][0] <= now:
                stamp, talker = self._agenda.popleft()
                self._ask(talker, stamp)
            if self._background and now >= step:
                for slow in self._background:
                    slow.step()
                step = now + int(STEP * SECOND)
            until = min(mark, heard + int(PATIENCE * SECOND))
            if not self._over:
                until = min(until, deadline, due if self._free else deadline)
            if self._agenda:
                until = min(until, self._agenda[0][0])
            if self._background:
                until = min(until, step)
            ready = self._wait(until - clock())
            for descriptor, events in ready:
                answered += self._handle(descriptor, events, tally)
            now = clock()
            if ready or not self._busy:
                heard = now
            elif now - heard > PATIENCE * SECOND:
                raise LoadError(f"no reply in {PATIENCE:.0f} s; {self._busy} are owed")

    def _wait(self, left: int) -> list[tuple[int, int]]:
        """What happens within so many nanoseconds."""
        if left <= SPIN:
            return self._poller.poll(0, BATCH)
        if left < FINE:
            select.select([self._poller], [], [], left / SECOND)
            return self._poller.poll(0, BATCH)
        return self._poller.poll(left // 1_000_000 / 1000, BATCH)

    def _begin(self, now: int) -> None:
        """Set every connection going."""
        self._free.clear()
        self._agenda.clear()
        pause = int(self._spec.think * SECOND)
        for number, talker in enumerate(self._talkers):
            if talker.stage == "absent":
                self._connect(talker)
            elif self._spec.rate is not None:
                self._free.append(talker)
            elif pause:
                # One after the other, or all would think and ask in step for ever.
                self._agenda.append((now + pause * number // len(self._talkers), talker))
            else:
                self._ask(talker, now, self._spec.pipeline)

    def _stop(self) -> None:
        """Ask nothing more."""
        self._over = True
        self._agenda.clear()
        if self._spec.per_connection:
            for talker in self._open.copy().values():
                if talker.stage == "open" and not talker.owed:
                    self._end(talker)

    def _ask(self, talker: Talker, stamp: int, requests: int = 1) -> None:
        requests = min(requests, talker.left)
        self._busy += requests
        talker.ask(stamp, requests)

    def _handle(self, descriptor: int, events: int, tally: Tally) -> int:
        """Whatever happened on a connection; how many requests were answered."""
        talker = self._open.get(descriptor)
        if talker is None:
            raise closed(None)
        if talker.stage == "connecting":
            self._connected(talker)
            return 0
        if events & EPOLLOUT:
            talker.go_on()
        if not events & ~EPOLLOUT:
            return 0
        data = talker.socket.recv(PIECE)
        now = time.perf_counter_ns()
        if not data and talker.stage == "ending":
            self._closed(talker)
            return 0
        stamps = talker.owed.take(data)
        for stamp in stamps:
            try:
                tally.counts[(now - stamp) >> SHIFT] += 1
            except IndexError:
                tally.beyond.append(now - stamp)
        if stamps:
            self._busy -= len(stamps)
            self._go_on(talker, now, len(stamps))
        return len(stamps)

    def _go_on(self, talker: Talker, now: int, answered: int) -> None:
        """What a connection does next, after so many replies."""
        if self._spec.per_connection and not talker.owed and (self._over or not talker.left):
            self._end(talker)
        elif self._over or not talker.left:
            pass
        elif self._spec.rate is not None:
            self._free.append(talker)
        elif self._spec.think:
            self._agenda.append((now + int(self._spec.think * SECOND), talker))
        else:
            self._ask(talker, now, answered)

    def _connect(self, talker: Talker) -> None:
        """Make a connection for it. What it asks first has waited for that."""
        talker.since = time.perf_counter_ns()
        connection = begin(self._spec, self._address)
        talker.attach(connection, EPOLLOUT, "connecting", self._budget)
        self._open[connection.fileno()] = talker
        self._busy += 1
        self.connects += 1

    def _connected(self, talker: Talker) -> None:
        number = talker.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise complain(self._spec, number)
        if self._over:
            self._closed(talker)  # too late to ask for anything
            return
        self._poller.modify(talker.socket, EPOLLIN)
        talker.stage = "open"
        self._busy -= 1
        self._go_on(talker, talker.since, self._spec.pipeline)

    def _end(self, talker: Talker) -> None:
        talker.end_input()
        self._busy += 1

    def _closed(self, talker: Talker) -> None:
        """A connection has ended; another takes its place."""
        del self._open[talker.socket.fileno()]
        talker.close()
        self._busy -= 1
        if not self._over:
            self._connect(talker)
