"""What a comparison asks, and how much of it fits into the time that it has.

Everything of everything takes hours; four minutes take a choice. It is made here, by rules that the report repeats: nothing is
left out in silence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from iomodels.catalogue import CLASSIC, Variant
from iomodels.contract.case import Case
from iomodels.experiments.experiment import Experiment

__all__ = ["Depth", "Plan", "plan"]

WRITTEN_TODAY = ("threads", "selectors", "io_uring")  # on async runtimes: a task a client, a Protocol, a buffer filled for it
NEVER_SAYS_FIN = "asyncio+rloop"  # so a load waits in vain for the end of each connection (tests/upstream)
WHY_NOT = "it sends no FIN after the client's, and a load waits for it to see that no byte came too many"
REFERENCES = ("sockets/epoll", "sockets/selectors", "sockets/select")  # the first that is measured
# One line each: by hand, with threads, with completions, and as a task a client on each library.
IN_THE_FIGURES = (
    "sockets/epoll",
    "sockets/threads",
    "sockets/io_uring",
    "asyncio/threads",
    "trio/threads",
    "anyio/threads",
)
# What servers get wrong that were not written against a contract, and what costs a sound one little time.
TELLING = (
    "backpressure/never-reads-from-first-byte",
    "half-close/at-once",
    "half-close/flushes-then-fin",
    "half-close/pieces-and-fin-queued",
    "integrity/every-byte-value",
    "integrity/pipelined-10000",
    "integrity/silent-client",
    "integrity/two-interleaved",
    "leaks/half-open-and-gone-100",
    "leaks/no-close-wait",
    "leaks/no-zombies",
    "limits/handler-raises",
    "limits/out-of-descriptors",
    "reset/between-messages",
    "reset/thirty-at-once",
    "reset/unread-replies",
    "segmentation/byte-by-byte",
    "segmentation/split-at-every-border",
    "signals/stop-and-continue",
    "slow-peers/greedy-client-others-answered",
    "slow-peers/one-byte-at-a-time-writer",
    "start/port-in-use",
    "stop/in-mid-reply",
    "stop/nothing-left",
)
# The claims that are heard most often are tried first.
MUCH_HEARD = (
    "silent-client-stops-blocking",
    "idle-descriptors",
    "threads-no-slower-with-few",
    "connection-costs",
    "slow-handler-stalls-a-loop",
    "uvloop-by-message-size",
    "idle-polling-burns-a-core",
    "system-calls-per-request",
)


CONNECTIONS = 100


class Depth(StrEnum):
    """How long it may take."""

    QUICK = "quick"
    USUAL = "usual"
    FULL = "full"


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    seconds: that all of it may take; None: as many as it needs. checked, cases: whom the contract is asked of, and which cases.
    measured: whose cost is measured, at `connections`, or at as many as it serves at once; again: who of them is measured in
    further rounds; swept: who is measured at each of `sweep` as well, and drawn as a line. unmeasured: on whom no load can be
    put, and why. experiments: in the order in which they are made. remarks: what was chosen, for the report.
    """

    depth: Depth
    seconds: float | None
    checked: Sequence[Variant]
    cases: Sequence[Case]
    measured: Sequence[Variant]
    again: Sequence[str]
    swept: Sequence[str]
    experiments: Sequence[Experiment]
    remarks: Sequence[str]
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    service: str = "upper"
    connections: int = CONNECTIONS
    sweep: Sequence[int] = (1, 10, 1000)
    rounds: int = 3
    round_seconds: float = 0.2
    jobs: int = 8

    @property
    def reference(self) -> str | None:
        """Whom the others' costs are compared with."""
        names = [each.name for each in sorted(self.measured, key=lambda each: not each.profile.holds(self.connections))]
        return next((name for name in REFERENCES if name in names), names[0] if names else None)

    def until(self, share: float) -> float | None:
        """The second at which so much of the time is over."""
        return None if self.seconds is None else share * self.seconds


SECONDS = {Depth.QUICK: 82.0, Depth.USUAL: 220.0, Depth.FULL: None}  # the rest is for what has begun, and for the report


def plan(
    depth: Depth,
    variants: Sequence[Variant],
    cases: Sequence[Case],
    experiments: Sequence[Experiment],
    *,
    chosen: bool = False,
    service: str = "upper",
) -> Plan:
    """The plan for so much time.

    variants: all there are, or with `chosen` those that the user asked for, of which none is left out.
    """
    own = [variant for variant in variants if variant.profile.same_as is None]
    today = [variant for variant in own if variant.runtime == CLASSIC or variant.model in WRITTEN_TODAY]
    sound = [variant for variant in own if variant.runtime != NEVER_SAYS_FIN]
    checked: Sequence[Variant] = variants if chosen else {Depth.QUICK: today, Depth.USUAL: own, Depth.FULL: variants}[depth]
    measured: Sequence[Variant] = variants if chosen else sound
    many = [variant for variant in today if variant in sound and variant.profile.holds(CONNECTIONS)]
    again = measured if chosen or depth is Depth.FULL else many
    telling = list(cases) if depth is Depth.FULL else [case for case in cases if case.id in TELLING]
    known = [variant.name for variant in again]
    drawn = [name for name in IN_THE_FIGURES if name in known] or known[: len(IN_THE_FIGURES)]
    places = {name: place for place, name in enumerate(MUCH_HEARD)}
    return Plan(
        depth=depth,
        seconds=SECONDS[depth],
        checked=sorted(checked, key=lambda variant: variant not in today),  # should the time be over before they are all asked
        cases=telling,
        measured=sorted(measured, key=lambda variant: variant not in again),  # the same
        again=known,
        swept=drawn,
        experiments=sorted(experiments, key=lambda each: (places.get(each.name, len(places)), each.name)),
        remarks=_remarks(depth, variants, cases, checked, telling, measured, again, chosen=chosen),
        unmeasured={} if chosen else {variant.name: WHY_NOT for variant in own if variant not in sound},
        service=service,
        rounds=5 if depth is Depth.FULL else 3,
        round_seconds={Depth.QUICK: 0.15, Depth.USUAL: 0.2, Depth.FULL: 1.0}[depth],
    )


def _remarks(
    depth: Depth,
    variants: Sequence[Variant],
    cases: Sequence[Case],
    checked: Sequence[Variant],
    telling: Sequence[Case],
    measured: Sequence[Variant],
    again: Sequence[Variant],
    *,
    chosen: bool,
) -> list[str]:
    """What was left out, and how one gets it."""
    said = []
    few = (
        "that are classic, or what one would write today on an async library (a task for each client, a Protocol, a buffered"
        " Protocol)"
    )
    if len(telling) < len(cases):
        said.append(
            f"{len(telling)} of {len(cases)} cases were asked: those that servers without a contract break, and that cost a"
            " sound one little time. All of them: iomodels matrix."
        )
    if len(checked) < len(variants):
        which = "that have code of their own; the others run the code of one of these" if depth is Depth.USUAL else few
        said.append(f"The contract was asked of {len(checked)} of {len(variants)} variants: those {which}.")
    if not chosen and len(measured) < len(variants):
        said.append(
            f"Costs were asked of {len(measured)} of {len(variants)} variants: those that have code of their own, without"
            f" those on {NEVER_SAYS_FIN}, which sends no FIN after the client's."
        )
    if len(again) < len(measured):
        said.append(
            "The first round of costs is of all of them. Further rounds, as far as there was time, were of the"
            f" {len(again)} {few} and that serve {CONNECTIONS} connections at once: of the others one round is known, and so no"
            " spread. More rounds of any: iomodels bench."
        )
    return said
