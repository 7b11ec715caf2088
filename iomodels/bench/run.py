"""The benchmark: subjects in turns, round by round, so that a machine that slows down slows all of them.

Every measurement starts its server anew. Within a round each point of the sweep is measured on all subjects before the next
one, and each round begins with another subject. System calls are counted last, in a short pass of their own under strace,
since it makes each of them dearer.
"""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from iomodels.bench import metadata
from iomodels.bench.calls import count_calls
from iomodels.bench.cores import on_core, two_cores
from iomodels.bench.measuring import Load, measure_with, memory
from iomodels.bench.results import Cell, Point, Results, Round, Settings
from iomodels.bench.subjects import Subject
from iomodels.contract.broken import Broken
from iomodels.contract.dialects import DIALECTS
from iomodels.contract.server import Launch, Server, ServerError, Unavailable
from iomodels.load.cluster import NoCluster
from iomodels.load.generator import Standby
from iomodels.load.spec import LoadError, Spec, VoidError
from iomodels.trace.under import NoTracing

__all__ = ["Progress", "bench"]

LOAD = "the load"  # in `failed`, when there is none any more
LOCAL = "127.0.0.1"
Progress = Callable[[int, int, str], None]  # how many measurements are done, of how many; what is measured now ("" at the end)
ENDING = 0.5  # seconds in which a server that has failed ends, if it does
SMALL = 1024  # bytes that a server takes and answers whole, before it is read from
PATIENCE = 2.0  # seconds that a server has for the first reply of all, which is not judged


def bench(
    subjects: Sequence[Subject],
    points: Sequence[Point],
    *,
    rounds: int = 5,
    seconds: float = 1.0,
    warm_up: float = 0.25,
    reference: str | None = None,
    calls: bool = True,
    cores: tuple[int, int] | None = None,
    host: str = LOCAL,
    load: Callable[[Spec], Load] | None = None,
    about: Mapping[str, str] | None = None,
    progress: Progress = lambda *_: None,
) -> Results:
    """Measure every subject at every point, `rounds` times for `seconds` each.

    A subject that cannot run here, does not speak a point's service or holds fewer connections is named in `skipped`; one
    that does not start, or answers wrongly at a point, is named in `failed`, and has no figures there. Ctrl-C ends it: the
    results are those until then, `interrupted`. Whatever happens, no server is left behind. One measurement takes `seconds`
    and `warm_up` and about a fifth of a second, more with many connections.

    calls: whether system calls are counted, where strace may trace. host: the address that servers bind. load: what puts a
    load on a server; without it, a generator on this machine. about: the metadata, if it is known already.
    """
    cores = cores or two_cores()
    results = Results(metadata.describe() if about is None else about, Settings(rounds, seconds, warm_up, cores), reference)
    standby = Standby(cores[1])
    run = Run(subjects, points, results, host, load or standby, standby.prepare if load is None else lambda: None, progress)
    try:
        with standby:
            run.measure_all()
        if calls:
            run.count_all()
    except KeyboardInterrupt:
        results.interrupted = True
    except NoCluster as error:  # nobody is left to load from, which is no server's fault
        results.failed[LOAD] = one_line(error)
    progress(run.total, run.total, "")
    results.cells = [cell for where, cell in run.cells.items() if cell.rounds and where not in run.out]
    return results


class Run:
    """One benchmark on its way."""

    def __init__(
        self,
        subjects: Sequence[Subject],
        points: Sequence[Point],
        results: Results,
        host: str,
        load: Callable[[Spec], Load],
        prepare: Callable[[], None],
        progress: Progress,
    ) -> None:
        self.results = results
        self.host = host
        self.load = load
        self.prepare = prepare  # called before a server starts whose load will be asked for
        self.progress = progress
        self.done = 0
        self.total = 0
        self.cells: dict[tuple[Subject, Point], Cell] = {}
        self.out: set[tuple[Subject, Point]] = set()  # where nothing can be measured, as has been found
        for point in points:
            for subject in subjects:
                if reason := unfit(subject, point):
                    results.skipped[f"{subject.name} ({point})" if len(points) > 1 else subject.name] = reason
                else:
                    self.cells[subject, point] = Cell(subject.name, point)

    def measure_all(self) -> None:
        """Round by round."""
        settings = self.results.settings
        self.total = len(self.cells) * settings.rounds
        for number in range(1, settings.rounds + 1):
            for subject, point in self._in_turns(number):
                if (subject, point) not in self.out:
                    self.progress(self.done, self.total, f"round {number} of {settings.rounds}, {point}: {subject.name}")
                    with self._noting(subject, point):
                        self._measure(subject, point, number)
                self.done += 1

    def count_all(self) -> None:
        """System calls, of each that was measured."""
        self.total += len(self.cells)
        for (subject, point), cell in self.cells.items():
            if (subject, point) not in self.out:
                self.progress(self.done, self.total, f"system calls, {point}: {subject.name}")
                try:
                    cell.calls = count_calls(subject.launch(point.service), point, self.results.settings.cores)
                except NoTracing as error:
                    self.results.remarks.append(f"system calls are not counted: {error}")
                    return
                except (ServerError, LoadError) as error:
                    self.results.remarks.append(f"system calls of {subject.name} are not counted: {one_line(error)}")
            self.done += 1

    def _in_turns(self, number: int) -> Iterator[tuple[Subject, Point]]:
        for point in dict.fromkeys(point for _, point in self.cells):
            subjects = [subject for subject, where in self.cells if where == point]
            turn = (number - 1) % len(subjects)
            yield from ((subject, point) for subject in subjects[turn:] + subjects[:turn])

    @contextmanager
    def _noting(self, subject: Subject, point: Point) -> Iterator[None]:
        """Note what goes wrong here. Who does not start does so nowhere; who answers wrongly is asked elsewhere still."""
        try:
            yield
        except Unavailable as error:
            self.results.skipped[subject.name] = one_line(error)
            self.out |= {where for where in self.cells if where[0] == subject}
        except ServerError as error:
            self.results.failed[subject.name] = one_line(error)
            self.out |= {where for where in self.cells if where[0] == subject}
        except NoCluster:
            raise
        except VoidError as error:
            self.results.remarks.append(f"a round of {subject.name} was lost ({point}): {one_line(error)}")
        except LoadError as error:
            self.results.failed[subject.name] = f"{point}: {one_line(error)}"
            self.out.add((subject, point))

    def _measure(self, subject: Subject, point: Point, number: int) -> None:
        settings, cell = self.results.settings, self.cells[subject, point]
        self.prepare()
        with self._started(subject.launch(point.service)) as server:
            greet(server, point)
            before = memory(server.pid)
            with self.load(point.spec(server.host, server.port, settings.warm_up)) as load:
                measured = measure_with(load, server, settings.seconds, settings.cores[1])
        cell.rounds.append(Round.of(number, measured, before, point))
        cell.latency.add(measured.outcome.latency)

    @contextmanager
    def _started(self, launch: Launch) -> Iterator[Server]:
        """The server on its core, ended with the block; an error in it tells how the server ended, if it did."""
        options = ("--host", self.host) if launch.flags and self.host != LOCAL else ()
        with on_core(self.results.settings.cores[0]):
            server = launch.start(*options, host=self.host)
        try:
            yield server
        except (NoCluster, VoidError):
            raise
        except LoadError as error:
            with suppress(Broken):  # one that has dropped its connections may be about to end
                server.wait(ENDING)
            ended = f"; the server ended: {server.epitaph()}" if server.status is not None else ""
            raise LoadError(f"{error}{ended}") from error
        finally:
            server.stop()


def unfit(subject: Subject, point: Point) -> str | None:
    """Why the subject cannot be measured at this point, or None."""
    if subject.services is not None and point.service not in subject.services:
        return f"it does not speak {point.service}"
    if subject.capacity is not None and subject.capacity < point.connections + point.idle:
        return f"it serves {subject.capacity} at once, and {point.connections + point.idle} connections are asked"
    return None


def greet(server: Server, point: Point) -> None:
    """Have one client come, ask and go, so that what a server makes but once is made; what it answers is the load's affair."""
    request, _ = DIALECTS[point.service].ask(b"x" * min(point.size, SMALL))
    with suppress(OSError), socket.create_connection((server.host, server.port), PATIENCE) as client:
        client.sendall(request)
        client.recv(SMALL)
        client.shutdown(socket.SHUT_WR)
        while client.recv(64 * 1024):
            pass


def one_line(error: Exception) -> str:
    """What an error says, without line breaks."""
    return " ".join(str(error).split())
