"""Making a comparison: the contract, then the benchmark, then the experiments, each within its share of the time."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from iomodels.bench.metadata import describe
from iomodels.bench.results import Point
from iomodels.bench.run import bench
from iomodels.bench.subjects import CEILING, Subject, ceiling, of_command, of_variant
from iomodels.compare.findings import NO_TIME, Findings
from iomodels.compare.plan import Plan
from iomodels.compare.rounds import added
from iomodels.contract.runner import Target
from iomodels.contract.server import ServerError
from iomodels.experiments.lab import Lab
from iomodels.experiments.run import make
from iomodels.load.limits import allow
from iomodels.load.spec import LimitError
from iomodels.matrix import run_matrix
from iomodels.report.verdicts import Column, Verdicts

__all__ = ["CONTRACT", "COSTS", "EXPERIMENTS", "compare"]

CONTRACT, COSTS, EXPERIMENTS = "contract", "costs", "experiments"  # the parts
SHARES = {CONTRACT: 0.43, COSTS: 0.78, EXPERIMENTS: 1.0}  # of the time, when each of them has to be done
PATIENCE = 5.0  # seconds that a case waits for a server of the user's
AN_EXPERIMENT = 8.0  # seconds: what one takes, until it is known better


def compare(plan: Plan, against: Sequence[str] = (), say: Callable[[str], None] = lambda _: None) -> Findings:
    """All of it. Ctrl-C ends it, and what was found until then is kept. Raises ServerError for a command that cannot be read
    or starts no server.

    against: commands that start the user's own servers, as `iomodels check --cmd` takes them. say: takes a line that tells what
    is being done.
    """
    names = [variant.name for variant in plan.checked]
    columns = [*(Column(name, service=plan.service) for name in against), *(Column(name) for name in names)]
    rivals = [of_command(command, services=(plan.service,)) for command in against]
    says = {variant.name: variant.says for variant in (*plan.checked, *plan.measured)}
    findings = Findings(plan, describe(), Verdicts(columns, plan.cases), against=against, says=says)
    for rival in rivals:
        _try_to_start(rival, plan.service)
    making = Making(plan, findings, say, began=time.monotonic())
    try:
        with making.part(CONTRACT):
            making.check(rivals)
        with making.part(COSTS):
            making.measure(rivals)
        with making.part(EXPERIMENTS):
            making.experiment()
    except KeyboardInterrupt:
        findings.interrupted = True
    done = {ran.experiment.name for ran in findings.ran}
    findings.unmade = [experiment for experiment in plan.experiments if experiment.name not in done]
    return findings


def _try_to_start(rival: Subject, service: str) -> None:
    """Raises ServerError, before all the work."""
    try:
        rival.launch(service).start().stop()
    except ServerError as error:
        raise ServerError(f"`{rival.name}`: {' '.join(str(error).split())}") from error


@dataclass
class Making:
    """A comparison on its way."""

    plan: Plan
    findings: Findings
    say: Callable[[str], None]
    began: float

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """One part, of which the time is taken."""
        since = self.now
        try:
            yield
        finally:
            self.findings.seconds[name] = self.now - since

    def left(self, part: str) -> float:
        """Seconds until a part has to be done."""
        end = self.plan.until(SHARES[part])
        return float("inf") if end is None else end - self.now

    def tell(self, part: str, what: str) -> None:
        """Say what is being done, and how long it will take at most."""
        everything = self.left(EXPERIMENTS)
        self.say(f"{part}: {what}" + (f" ({max(0.0, everything):.0f} s left of all)" if everything < float("inf") else ""))

    # The parts.

    def check(self, rivals: Sequence[Subject]) -> None:
        """The contract, first of the user's own servers."""
        verdicts, plan = self.findings.verdicts, self.plan
        for rival in rivals:
            launch = rival.launch(plan.service)
            with Target(launch, plan.service, patience=PATIENCE, restart=True) as target:
                for case in verdicts.cases:
                    if self.left(CONTRACT) < 0:
                        break
                    self.tell(CONTRACT, f"{rival.name} {case.id}")
                    verdicts.add(rival.name, target.run(case))
        total, done = len(plan.checked) * len(verdicts.cases), 0
        with closing(run_matrix(plan.checked, verdicts.cases, plan.jobs)) as results:
            for variant, result in results:
                done += 1
                verdicts.add(variant.name, result)
                self.tell(CONTRACT, f"{done} of {total} cells, {variant.name} {result.case.id}")
                if self.left(CONTRACT) < 0:
                    break

    def measure(self, rivals: Sequence[Subject]) -> None:
        """The benchmark: a round of all, the sweep, and further rounds of some as long as there is time."""
        plan, here = self.plan, self.findings.point
        variants = sorted(map(of_variant, plan.measured), key=lambda subject: subject.name != plan.reference)
        lowest = [each for each in (ceiling(),) if each is not None]
        always = [*(rival.name for rival in rivals), *plan.again, CEILING]
        # Should the time be over before all were measured, it is the least known who are not.
        subjects = sorted([*rivals, *variants, *lowest], key=lambda subject: subject.name not in always)
        swept = [subject for subject in subjects if subject.name in (*self.findings.against, *plan.swept, CEILING)]
        points = [replace(here, connections=each) for each in plan.sweep]
        refused = ""
        try:
            allow(max(plan.connections, *plan.sweep))  # the servers inherit it
        except LimitError as error:
            points, refused = [], f"Costs were not measured at other numbers of connections: {error}"
        everything = turns(subjects, here, plan.reference)
        since = self.now
        self._leave_out(self._round(1, everything))
        each_took = (self.now - since) / max(1, len(everything))
        sweep = [(subject, point) for point in points for subject in swept if (subject, point) not in everything]
        late = self._round(1, sweep)
        self.findings.swept = list(dict.fromkeys(point for _, point in sweep[: len(sweep) - len(late)]))
        repeated = turns([subject for subject in subjects if subject.name in always], here, plan.reference)
        for number in range(2, plan.rounds + 1):
            if self.left(COSTS) < each_took * len(repeated):
                break
            turn = (number - 1) % max(1, len(repeated))
            self._round(number, repeated[turn:] + repeated[:turn])
        if refused and self.findings.results is not None:
            self.findings.results.remarks.append(refused)

    def _round(self, number: int, what: Sequence[tuple[Subject, Point]]) -> Sequence[tuple[Subject, Point]]:
        """Measure each of these once; those that there was no time for."""
        findings, plan = self.findings, self.plan
        for place, (subject, point) in enumerate(what):
            if self.left(COSTS) < 0:
                return what[place:]
            if findings.results is not None and subject.name in findings.results.failed:
                continue
            self.tell(COSTS, f"round {number}, {place + 1} of {len(what)}: {subject.name}, {point}")
            results = bench(
                [subject],
                [point],
                rounds=1,
                seconds=plan.round_seconds,
                warm_up=round(plan.round_seconds / 3, 2),
                reference=plan.reference,
                calls=False,
                about=findings.metadata,
            )
            findings.results = added(findings.results, results, number)
            if results.interrupted:
                raise KeyboardInterrupt
        return []

    def _leave_out(self, late: Sequence[tuple[Subject, Point]]) -> None:
        if (results := self.findings.results) is not None:
            names = [subject.name for subject, _ in late if subject.name not in results.subjects]
            results.skipped.update(dict.fromkeys(names, NO_TIME) | dict(self.plan.unmeasured))

    def experiment(self) -> None:
        """The experiments, as many as there is time for."""
        ran = self.findings.ran
        since, lab = self.now, Lab(quick=self.plan.seconds is not None)
        for number, experiment in enumerate(self.plan.experiments, 1):
            typical = (self.now - since) / len(ran) if ran else AN_EXPERIMENT
            if self.left(EXPERIMENTS) < typical:
                return
            name = f"{number} of {len(self.plan.experiments)}, {experiment.name}"
            self.tell(EXPERIMENTS, name)
            ran.append(make(experiment, replace(lab, say=partial(self._tell_step, name))))

    def _tell_step(self, name: str, what: str) -> None:
        self.tell(EXPERIMENTS, f"{name}: {what}")


def turns(subjects: Sequence[Subject], here: Point, reference: str | None) -> list[tuple[Subject, Point]]:
    """A round of these: each with as many connections as `here` says, or after them as it serves at once, the reference beside
    it.
    """
    room = {subject: min(here.connections, subject.capacity or here.connections) for subject in subjects}
    found = [(subject, here) for subject in subjects if room[subject] == here.connections]
    for number in sorted({each for each in room.values() if each < here.connections}, reverse=True):
        beside = [each for each in subjects if room[each] == number or (each.name == reference and room[each] > number)]
        found += [(subject, replace(here, connections=number)) for subject in beside]
    return found
