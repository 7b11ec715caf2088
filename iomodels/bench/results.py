"""What a benchmark found: for each subject and each point of the sweep, a round's figures beside the other rounds'."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from hdrh.histogram import HdrHistogram

from iomodels.bench.measuring import Measurement, Memory
from iomodels.load.outcome import could_do_more, is_full, new_histogram
from iomodels.load.spec import Spec

__all__ = ["FIGURES", "PERCENTILES", "Cell", "Figure", "Point", "Results", "Round", "Settings"]

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}
FEW = 10  # connections, below which a page more or less hides what one of them costs in memory


@dataclass(frozen=True)
class Point:
    """One point of a sweep: the load that each subject is put under. The fields are those of `Spec`."""

    service: str = "upper"
    connections: int = 100
    size: int = 64
    idle: int = 0
    pipeline: int = 1
    rate: float | None = None
    per_connection: int | None = None

    def spec(self, host: str, port: int, warm_up: float) -> Spec:
        """The load, for a server that listens there."""
        return Spec(
            host,
            port,
            service=self.service,
            connections=self.connections,
            size=self.size,
            idle=self.idle,
            pipeline=self.pipeline,
            rate=self.rate,
            per_connection=self.per_connection,
            warm_up=warm_up,
        )

    def __str__(self) -> str:
        words = [self.service, f"{self.connections:,} connection{'s' if self.connections > 1 else ''}", f"{self.size:,} bytes"]
        if self.idle:
            words.append(f"{self.idle:,} idle beside them")
        if self.pipeline > 1:
            words.append(f"{self.pipeline} in flight on each")
        if self.rate is not None:
            words.append(f"{self.rate:,g} requests/s asked")
        if self.per_connection is not None:
            words.append(f"{self.per_connection:,} request{'s' if self.per_connection > 1 else ''} a connection")
        return ", ".join(words)


@dataclass(frozen=True)
class Round:
    """What one measurement told.

    number: of the round, from 1; what has the same number was measured at nearly the same time. server_cpu, generator_cpu,
    taken: seconds. memory: bytes with all connections open. per_connection: bytes for each of them, None where they are too
    few to tell. switches: voluntary and involuntary, while counting. latency: microseconds, by the names of PERCENTILES.
    """

    number: int
    requests: int
    seconds: float
    server_cpu: float
    generator_cpu: float
    taken: float
    processes_gone: int
    memory: int
    per_connection: float | None
    switches: tuple[int, int]
    threads: int
    processes: int
    connects: int
    late: int
    latency: Mapping[str, float]

    @classmethod
    def of(cls, number: int, measured: Measurement, before: Memory, point: Point) -> "Round":
        """A measurement as a round; `before`: the memory without connections."""
        outcome, connections = measured.outcome, point.connections + point.idle
        histogram = outcome.latency
        return cls(
            number=number,
            requests=outcome.requests,
            seconds=outcome.seconds,
            server_cpu=measured.server_cpu,
            generator_cpu=measured.generator_cpu / outcome.processes,
            taken=measured.taken,
            processes_gone=measured.processes_gone,
            memory=measured.memory.all,
            per_connection=(measured.memory.own - before.own) / connections if connections >= FEW else None,
            switches=(measured.switches.voluntary, measured.switches.involuntary),
            threads=measured.threads,
            processes=measured.processes,
            connects=outcome.connects,
            late=outcome.late,
            latency={name: histogram.get_value_at_percentile(each) / 1000 for name, each in PERCENTILES.items()},
        )

    @property
    def cost(self) -> float:
        """Microseconds of server CPU per request."""
        return self.server_cpu / self.requests * 1e6

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def generator_bound(self) -> bool:
        """Whether the generator could do no more while the server could."""
        return is_full(self.generator_cpu, self.seconds) and could_do_more(self.server_cpu, self.seconds)


@dataclass
class Cell:
    """One subject at one point.

    latency: that of all rounds, in nanoseconds. calls: the system calls of a request, by name; None: they were not counted.
    """

    subject: str
    point: Point
    rounds: list[Round] = field(default_factory=list)
    latency: HdrHistogram = field(default_factory=new_histogram)
    calls: Mapping[str, float] | None = None

    def values(self, figure: str) -> list[float]:
        """A figure of FIGURES, round by round; a round that does not have it is left out."""
        found = (FIGURES[figure].of(each) for each in self.rounds)
        return [value for value in found if value is not None]

    def median(self, figure: str) -> float | None:
        values = self.values(figure)
        return median(values) if values else None

    def spread(self, figure: str) -> float:
        """(max - min) / median over the rounds."""
        values = self.values(figure)
        middle = median(values)
        return (max(values) - min(values)) / middle if middle else 0.0

    @property
    def cost(self) -> float:
        """Microseconds of server CPU per request, the median of the rounds."""
        return median(each.cost for each in self.rounds)

    @property
    def calls_per_request(self) -> float | None:
        return None if self.calls is None else sum(self.calls.values())


@dataclass(frozen=True)
class Figure:
    """A figure that every round has, or None in its place. more_is_better: as it is with a rate."""

    of: Callable[[Round], float | None]
    unit: str
    more_is_better: bool = False


def _latency(name: str, each: Round) -> float:
    return each.latency[name]


FIGURES = {
    "cpu": Figure(lambda each: each.cost, "us/request"),
    "rate": Figure(lambda each: each.rate, "requests/s", more_is_better=True),
    **{name: Figure(partial(_latency, name), "us") for name in PERCENTILES},
    "memory": Figure(lambda each: each.memory, "bytes"),
    "per-connection": Figure(lambda each: each.per_connection, "bytes"),
    "switches": Figure(lambda each: sum(each.switches) / each.requests, "per request"),
}


@dataclass(frozen=True)
class Settings:
    """How it was measured.

    cores: the server's and the generator's. workers: those of Dask that the load came from, None where it was this machine.
    """

    rounds: int
    seconds: float
    warm_up: float
    cores: tuple[int, int]
    workers: int | None = None


@dataclass
class Results:
    """A benchmark, as far as it has come.

    metadata: of the machine and the versions. reference: the subject that the others are compared with. cells: in the order
    of the points, and in that of the subjects at each. skipped: who cannot run here, or not at some point, and why. failed:
    who did not start, or answered wrongly at a point, and how; what was measured of them there is not here. remarks: what
    could not be measured. interrupted: whether it was ended before its time.
    """

    metadata: Mapping[str, str]
    settings: Settings
    reference: str | None = None
    cells: list[Cell] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def points(self) -> list[Point]:
        return list(dict.fromkeys(cell.point for cell in self.cells))

    @property
    def subjects(self) -> list[str]:
        return list(dict.fromkeys(cell.subject for cell in self.cells))

    def at(self, point: Point) -> list[Cell]:
        """The cells of a point."""
        return [cell for cell in self.cells if cell.point == point]

    def find(self, subject: str, point: Point) -> Cell | None:
        """The cell of a subject at a point, where it was measured."""
        return next((cell for cell in self.cells if (cell.subject, cell.point) == (subject, point)), None)

    def ratio(self, cell: Cell, reference: str | None = None) -> float | None:
        """CPU per request, as a multiple of the reference's at the same point: the median of the rounds' own ratios."""
        ratios = self.ratios(cell, reference)
        return median(ratios) if ratios else None

    def ratios(self, cell: Cell, reference: str | None = None, figure: str = "cpu") -> list[float]:
        """A figure of the cell as a multiple of the reference's, in each round that has both; empty without a reference."""
        beside = self.find(reference or self.reference or "", cell.point)
        if beside is None:
            return []
        theirs = {each.number: FIGURES[figure].of(each) for each in beside.rounds}
        pairs = ((FIGURES[figure].of(each), theirs.get(each.number)) for each in cell.rounds)
        return [own / other for own, other in pairs if own is not None and other]
