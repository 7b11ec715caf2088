"""What a comparison found: all that its reports show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iomodels.bench.results import Cell, Point, Results
from iomodels.bench.subjects import CEILING
from iomodels.compare.plan import Plan
from iomodels.experiments.experiment import Experiment
from iomodels.experiments.run import Ran
from iomodels.report.verdicts import Verdicts

__all__ = ["Findings"]


@dataclass
class Findings:
    """What was found, as far as it has come.

    against: the commands of the user's own servers, which are columns of `verdicts` and subjects of `results` by the same name.
    ran: experiments that were begun; unmade: those that there was no time for. seconds: what each part took. says: the first
    line of each variant's docstring. interrupted: whether it was ended before its time.
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
        """Who was measured, the cheapest first."""
        return sorted(self.results.at(self.point), key=lambda cell: cell.cost) if self.results is not None else []

    def called(self, subject: str) -> str:
        """What a subject is called in a report."""
        return "C, epoll" if subject == CEILING else subject

    def times(self, cell: Cell) -> float | None:
        """Its cost as a multiple of the reference's."""
        return self.results.ratio(cell, self.plan.reference) if self.results is not None else None
