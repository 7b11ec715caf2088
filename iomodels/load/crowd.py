"""All connections of one load: made one after the other, each greeted, and ended in the end."""

import select
import socket
import time
from collections.abc import Callable
from functools import partial
from select import EPOLLIN, POLLIN, POLLOUT, epoll
from typing import Self

from iomodels.load.background import Slow, SlowReader, SlowWriter
from iomodels.load.closed import LARGEST, Closed
from iomodels.load.connect import PATIENCE, UnreachableError, connect, resolve
from iomodels.load.general import General
from iomodels.load.http import Http
from iomodels.load.limits import allow
from iomodels.load.outcome import Outcome
from iomodels.load.owed import SHOWN, Owed
from iomodels.load.spec import LoadError, Spec
from iomodels.load.talk import Lines, Pair, Resp, Talk, Upper
from iomodels.load.talker import FOR_EVER, Talker
from iomodels.load.tally import Tally

__all__ = ["Crowd"]

TALKS: dict[str, type[Talk]] = {"upper": Upper, "lines": Lines, "http": Http, "resp": Resp}


class Crowd:
    """The connections of `spec`, closed at the end of the block. Raises LoadError, here and in every method.

    remarks: what there is to know of this load, a line each.
    """

    def __init__(self, spec: Spec) -> None:
        allow(spec.sockets)
        self.spec = spec
        self._talk = TALKS[spec.service](spec)
        self._sockets: list[socket.socket] = []  # of those that ask, and of the idle
        self._slow: list[Slow] = []
        self._poller = epoll()
        try:
            self._address = resolve(spec)
            self._connect = partial(connect, spec, self._address)
            self.remarks = self._first()
            self._load = self._people()
        except BaseException:
            self.close()
            raise

    def _first(self) -> list[str]:
        """Ask once, before all the others do, whether it is the right service; what there is to know of it."""
        try:
            remarks = self._talk.learn(self._connect)
            with self._connect() as connection:
                _greet(connection, self._talk, self._talk.pairs(0)[0])
        except UnreachableError:
            raise
        except (LoadError, OSError) as error:
            raise LoadError(f"{self.spec.where} does not answer as `{self.spec.service}` does: {_words(error)}") from None
        return remarks

    def _people(self) -> Closed | General:
        """Make the connections, each greeted before the next: a server's backlog never overflows, which would lose SYNs."""
        spec, talk = self.spec, self._talk
        churns = spec.per_connection is not None
        for number in range(0 if not churns else spec.connections, spec.connections + spec.idle):
            self._sockets.append(self._connect())
            _greet(self._sockets[-1], talk, talk.pairs(number)[0])
        asking = [] if churns else self._sockets[: spec.connections]
        for connection in self._sockets[len(asking) :]:
            self._poller.register(connection, EPOLLIN)
        for number in range(spec.slow_readers + spec.slow_writers):
            kind = SlowReader if number < spec.slow_readers else SlowWriter
            self._slow.append(kind(self._connect, talk, spec.connections + spec.idle + number))
        plain = spec.rate is None and spec.pipeline == 1 and not spec.think and not churns and not self._slow
        if plain and len(talk.pairs(0)[0][0]) <= LARGEST:
            for connection in asking:
                self._poller.register(connection, EPOLLIN)
            descriptors = [connection.fileno() for connection in self._sockets]
            return Closed(talk, self._poller, descriptors[: spec.connections], max(descriptors) + 1)
        talkers = [Talker(talk, number, self._poller) for number in range(spec.connections)]
        for talker, connection in zip(talkers, asking, strict=False):
            talker.attach(connection, EPOLLIN, "open", FOR_EVER)
        return General(spec, self._address, self._poller, talkers, self._slow)

    def run(self, seconds: float, tick: Callable[[int], None] = lambda _: None) -> tuple[Outcome, bool]:
        """Put the load on for so long; then nothing is in flight. `tick` is told each second how many were answered so far.

        KeyboardInterrupt ends it earlier, and with it the load: what was counted until then is returned, and True.
        """
        by_second: list[int] = []

        def second(done: int) -> None:
            by_second.append(done - sum(by_second))
            tick(done)

        tally, interrupted = Tally(), False
        ended_before = sum(slow.ended for slow in self._slow)
        start, cpu = time.perf_counter(), time.process_time()
        try:
            self._load.run(tally, seconds, second)
        except KeyboardInterrupt:
            interrupted = True
        except OSError as error:
            raise LoadError(_words(error)) from None
        cpu, lasted = time.process_time() - cpu, time.perf_counter() - start
        outcome = Outcome(tally.total, lasted, cpu, tally.histogram(), self.spec.rate, by_second=by_second)
        outcome.dropped = sum(slow.ended for slow in self._slow) - ended_before
        if isinstance(self._load, General):
            outcome.late, outcome.connects = self._load.late, self._load.connects
        return outcome, interrupted

    def finish(self) -> None:
        """End the input of every connection, and expect no more than the end of its output."""
        try:
            for connection in self._sockets:
                connection.shutdown(socket.SHUT_WR)
            for connection in self._sockets:
                connection.settimeout(PATIENCE)
                rest = connection.recv(SHOWN)
                if rest:
                    raise LoadError(f"the server sent {rest!r} after its last reply")
        except TimeoutError:
            raise LoadError(f"a connection was still open {PATIENCE:.0f} s after the end of its input") from None
        except OSError as error:
            raise LoadError(_words(error)) from None

    def close(self) -> None:
        """Close every connection."""
        for connection in self._sockets:
            connection.close()
        for slow in self._slow:
            slow.socket.close()
        self._poller.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _greet(connection: socket.socket, talk: Talk, pair: Pair) -> None:
    """Ask once, and wait for the reply."""
    request, want = pair
    owed = Owed(talk)
    owed.expect(want, 0)
    connection.setblocking(False)
    poller = select.poll()
    poller.register(connection, POLLIN | POLLOUT)
    while owed:
        ready = poller.poll(PATIENCE * 1000)
        if not ready:
            raise LoadError(f"no reply in {PATIENCE:.0f} s; owed {want[:SHOWN]!r}")
        if ready[0][1] & POLLOUT and request:
            request = request[connection.send(request) :]
            if not request:
                poller.modify(connection, POLLIN)
        if ready[0][1] & ~POLLOUT:
            owed.take(connection.recv(64 * 1024))


def _words(error: Exception) -> str:
    """What an error says to a user."""
    if isinstance(error, ConnectionError):
        return "the server reset a connection"
    if isinstance(error, TimeoutError):
        return f"no reply in {PATIENCE:.0f} s"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
