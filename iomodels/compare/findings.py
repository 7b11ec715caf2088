"""What a comparison found: all that its reports show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iomodels.bench.results import Cell, Point, Results
from iomodels.bench.subjects import CEILING
from iomodels.compare.plan import Plan
from iomodels.experiments.experiment import Experiment
from iomodels.experiments.run import Ran
from iomodels.report.verdicts import Verdicts

__all__ = ["NO_TIME", "Findings"]

NO_TIME = "there was no time for it"  # why a cost was not measured


@dataclass
class Findings:
    """What was found, as far as it has come.

    against: the commands of the user's own servers, which are columns of `verdicts` and subjects of `results` by the same name.
    ran: experiments that were begun; unmade: those that there was no time for. seconds: what each part took. says: the first
    line of each variant's docstring. swept: the other points that those who are drawn as lines were measured at. interrupted:
    whether it was ended before its time.
    """

    plan: Plan
    metadata: Mapping[str, str]
    verdicts: Verdicts
    results: Results | None = None
    against: Sequence[str] = ()
    ran: list[Ran] = field(default_factory=list)
    unmade: list[Experiment] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    swept: Sequence[Point] = ()
    interrupted: bool = False

    @property
    def failed(self) -> bool:
        """Whether something went wrong that ought not to: in the contract, in the benchmark, in an experiment."""
        measured = self.results is not None and bool(self.results.failed)
        return bool(self.verdicts.failures()) or measured or any(ran.failure for ran in self.ran)

    @property
    def point(self) -> Point:
        """The load that all are measured under."""
        return Point(service=self.plan.service, connections=self.plan.connections)

    @property
    def ranking(self) -> list[Cell]:
        """Who was measured, the cheapest first; without those that serve fewer connections at once."""
        return sorted(self.results.at(self.point), key=lambda cell: cell.cost) if self.results is not None else []

    @property
    def fewer(self) -> list[Cell]:
        """Who serves fewer at once, with as many connections as it serves, and the reference beside it; the most first."""
        if self.results is None:
            return []
        ranked = {cell.subject for cell in self.ranking}
        served = {cell.point: cell.point.connections for cell in self.results.cells if cell.subject not in ranked}
        cells = [
            cell
            for cell in self.results.cells
            if cell.point in served and (cell.subject not in ranked or cell.subject == self.plan.reference)
        ]
        return sorted(cells, key=lambda cell: (-cell.point.connections, cell.cost))

    def called(self, subject: str) -> str:
        """What a subject is called in a report."""
        return "C, epoll" if subject == CEILING else subject

    def times(self, cell: Cell) -> float | None:
        """Its cost as a multiple of the reference's."""
        return self.results.ratio(cell, self.plan.reference) if self.results is not None else None
