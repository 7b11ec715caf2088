"""Results as a benchmark would have them, made of nothing but costs."""

from collections.abc import Mapping, Sequence

from iomodels.bench.results import PERCENTILES, Cell, Point, Results, Round, Settings

POINT = Point()
METADATA = {"kernel": "Linux 6.1", "python": "CPython 3.13.1", "processor": "Some CPU", "cores": "2"}
REQUESTS = 10_000


def round_of(number: int, microseconds: float, *, seconds: float = 1.0) -> Round:
    """A round in which a request cost that much; its latencies are multiples of it."""
    return Round(
        number=number,
        requests=REQUESTS,
        seconds=seconds,
        server_cpu=microseconds * REQUESTS / 1e6,
        generator_cpu=0.5,
        taken=0.0,
        processes_gone=0,
        memory=8 << 20,
        per_connection=512.0,
        switches=(REQUESTS, 0),
        threads=1,
        processes=1,
        connects=0,
        late=0,
        latency={name: microseconds * percent for name, percent in PERCENTILES.items()},
    )


def cell_of(subject: str, costs: Sequence[float], point: Point = POINT) -> Cell:
    """A cell with a round for each cost."""
    cell = Cell(subject, point, [round_of(number, cost) for number, cost in enumerate(costs, 1)])
    for cost in costs:
        cell.latency.record_value(int(cost * 1000), REQUESTS)
    return cell


def results_of(
    costs: Mapping[str, Sequence[float]], *, reference: str | None = "ceiling", points: Sequence[Point] = (POINT,)
) -> Results:
    """Results in which each subject cost that much, round by round, at every point."""
    rounds = max(map(len, costs.values()))
    cells = [cell_of(subject, each, point) for point in points for subject, each in costs.items()]
    return Results(dict(METADATA), Settings(rounds, 1.0, 0.25, (0, 1)), reference, cells)
