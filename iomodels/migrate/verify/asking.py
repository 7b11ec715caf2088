"""One program, asked before and after files of it were moved; of what differs the shortest conversation is looked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from iomodels.contract.case import Case
from iomodels.differ.asking import Plan, ask
from iomodels.differ.contract import compare_contract
from iomodels.differ.conversations import Conversation
from iomodels.differ.generated import KINDS
from iomodels.differ.played import Pace
from iomodels.differ.report import Report, summary
from iomodels.differ.run import Outcome
from iomodels.differ.shrink import Limits
from iomodels.differ.words import title
from iomodels.migrate.rewrite import Target
from iomodels.migrate.verify.programs import Program, start
from iomodels.migrate.verify.trees import Copies

__all__ = ["Comparison", "Missing", "Wanted", "compare"]

UNSAID = "lines"  # the service that is spoken where nobody says what is
LONG = 64 * 1024  # bytes that nobody would read


class Missing(Exception):
    """The program's Python has not got the library; the text is one line."""


@dataclass(frozen=True)
class Wanted:
    """What a user wants to have verified, and how. command: starts the program; in it {file}, {folder}, {port} and {dir}.

    recordings, service, and what follows: as `differ` takes them. cases: of the contract, to be asked as well. tree: the folder
    that the program needs. concurrent: clients may be served at once that were not.
    """

    command: str
    target: Target
    recordings: Sequence[Path] = ()
    service: str | None = None
    kinds: Sequence[str] = ()
    ignore: Sequence[str] = ()
    masks: Sequence[str] = ()
    exit_status: bool = False
    log: bool = False
    watch: Path | None = None
    after: str | None = None
    cases: Sequence[Case] = ()
    runs: int = 2
    jobs: int = 4
    wait: float = 10.0
    pace: Pace = field(default_factory=Pace)
    limits: Limits = field(default_factory=Limits)
    save: Path = Path("iomodels-differ")
    tree: Path | None = None
    concurrent: bool = False

    @property
    def unsaid(self) -> bool:
        """Whether the user left it open what the program is to be asked."""
        return not self.recordings and self.service is None

    @cached_property
    def plan(self) -> Plan:
        """As `differ` takes it; the commands and their folders are still to come."""
        return Plan(
            "",
            "",
            self.recordings,
            service=UNSAID if self.unsaid else self.service,
            kinds=self.kinds or tuple(KINDS),
            ignore=self.ignore,
            masks=self.masks,
            exit_status=self.exit_status,
            log=self.log,
            watch=self.watch,
            after=self.after,
            runs=self.runs,
            jobs=self.jobs,
            limits=None,
            wait=self.wait,
            pace=self.pace,
            order=not self.concurrent,
        )


@dataclass(frozen=True)
class Comparison:
    """What came of it. report: None where the new one does not start. reason: the name of a refusal, "" where nothing differs;
    text: that in one line. Of what differs the report has one conversation, its first, made as short as it can be; others: the
    names of the others that differ."""

    program: Program
    report: Report | None
    reason: str
    text: str
    others: Sequence[str] = ()

    @property
    def alike(self) -> bool:
        return not self.reason


def compare(
    program: Program,
    copies: Copies,
    trees: tuple[Path, Path],
    wanted: Wanted,
    conversations: Sequence[Conversation],
    killed: bool,
    done: Callable[[str], None],
) -> Comparison:
    """Ask both. trees: the copy with the old files, and that with the new ones. killed: whether SIGTERM ends the old one
    without its doing. done: is told what was asked. Raises Missing,
    PlanError, and ServerError when the old one does not start any more."""
    found = start(program, copies, trees[1], wanted.wait)
    if found.trouble:
        if f"No module named '{wanted.target}'" in found.trouble:
            raise Missing(
                f"`{program.text}` runs a Python that has no {wanted.target}: install it there, to verify what is moved"
            )
        return Comparison(program, None, "differs", f"what was moved does not start: {found.trouble}")
    command, watch = program.within, _watched(wanted.watch, copies)
    plan = replace(wanted.plan, old=command, new=command, trees=trees, start=copies.start, watch=watch)
    # Of who is killed the kernel ends the connections: with RST where there is input that was not read yet, else with FIN.
    plan = replace(plan, stops=not (killed and found.killed))
    report = ask(plan, conversations, lambda outcome: done(outcome.conversation.name))
    if report.alike and wanted.cases:
        assert wanted.service is not None
        changed = compare_contract(
            command, command, wanted.service, wanted.cases, wait=wanted.wait, trees=trees, start=copies.start, done=done
        )
        report = replace(report, changed=changed, cases=len(wanted.cases))
    report = replace(report, old=program.text, new=f"{program.text} (moved to {wanted.target})")
    if report.changed:
        return Comparison(program, report, "differs", f"contract, {report.changed[0].new.case.id}: {summary(report)}")
    if report.alike:
        if _nothing_compared(report.outcomes):
            return Comparison(program, report, "not-verified", "what the old program says is never the same twice")
        if wanted.unsaid and not any(heard.data for outcome in report.outcomes for heard in outcome.whole.heard.values()):
            text = "to lines of text the old program says nothing: give --recording FILE, or --service, for what it understands"
            return Comparison(program, report, "not-verified", text)
        return Comparison(program, report, "", summary(report))
    chosen = min((report.outcomes[number] for number in report.different), key=_size)
    done(f"the shortest that shows it: {chosen.conversation.name}")
    [again] = ask(replace(plan, limits=wanted.limits), [chosen.conversation]).outcomes
    shown = again if again.differences else chosen
    text = f"{title(shown.shown[0].aspect, shown.shortest)}, in `{shown.conversation.name}`; {summary(report)}"
    alike = [outcome for outcome in report.outcomes if not outcome.differences]
    others = [report.outcomes[number].conversation.name for number in report.different if report.outcomes[number] is not chosen]
    # What differs in all of it is more of the same, mostly, and may be megabytes.
    outcomes = [replace(shown, differences=shown.shown), *alike]
    return Comparison(program, replace(report, outcomes=outcomes), "differs", text, others)


def _watched(watch: Path | None, copies: Copies) -> Path | None:
    """The folder to be watched; of one in the tree the copies have their own, and all that is written there is compared."""
    return None if watch is None or watch.resolve().is_relative_to(copies.root) else watch


def _nothing_compared(outcomes: Sequence[Outcome]) -> bool:
    """Whether all that was said was left out, because the old program itself is not the same each time."""
    return bool(outcomes) and all(
        ("bytes", str(number)) in outcome.unstable for outcome in outcomes for number in outcome.conversation.connections
    )


def _size(outcome: Outcome) -> tuple[bool, int, int, int]:
    """To sort by: what is quickly read, and made shorter, first."""
    conversation = outcome.conversation
    return conversation.size > LONG, len(conversation.connections), len(conversation.steps), conversation.size
