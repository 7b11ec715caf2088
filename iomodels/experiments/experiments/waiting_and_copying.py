"""The models differ in how they wait; the copying is the same calls in all of them, and io_uring alone has it done meanwhile.

strace records each model while a client A is served, which is silent between its steps, and B, which comes while A is there
(`iomodels trace`). Each call's time is waiting, copying or neither. Of the whole visit that says how much was waiting; of A's
request, from the moment at which the server is awake until its reply is sent, it says where the time went. strace makes every
call dearer: what stands here is which calls were made and how they compare, not what a request costs.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from iomodels import catalogue
from iomodels.contract.server import Unavailable
from iomodels.experiments.experiment import Answer, NotHere, Verdict
from iomodels.experiments.lab import Lab
from iomodels.experiments.words import duration, percent
from iomodels.figures.chart import Chart, Series
from iomodels.trace.calls import Kind
from iomodels.trace.record import record
from iomodels.trace.timeline import Event, Timeline
from iomodels.trace.under import NoTracing

MEASURED = "the share of time spent waiting; the calls that copy a request and its reply; where a request's time goes, in us"
SOURCE = "Stevens, UNIX Network Programming 1, 6.2, figure 6.6"
NEEDS = {"linux", "strace"}

ASYNCHRONOUS = "sockets/io_uring"
QUICK = ("blocking", "nonblocking", "select", "poll", "epoll", "signal_driven", "io_uring")
QUICK_NAMES = (*(f"sockets/{model}" for model in QUICK), "asyncio/threads", "trio/threads", "anyio/threads")
TRACES = 3  # of each; the middle one counts
DIRECTIONS = {"recvfrom": "receive", "recvmsg": "receive", "read": "receive", "readv": "receive"}
PARTS = ("copying", "asking in vain", "own code and other calls")


@dataclass(frozen=True)
class Phases:
    """What the traces of one variant say, medians of microseconds.

    waits: the call in which most time was waited. waiting, copying: of the whole visit, threads that wait side by side count
    each. vain: calls that found nothing, in the visit. copies: the calls that copied A's request and its reply. request: calls
    made for it. parts: its time, by PARTS.
    """

    variant: str
    waits: str
    waiting: float
    copying: float
    vain: int
    copies: Mapping[str, int]
    request: int
    parts: Sequence[float]

    @property
    def share(self) -> float:
        """Of the time that was waiting or copying, how much was waiting."""
        return self.waiting / (self.waiting + self.copying)


def run(lab: Lab) -> Answer:
    names = lab.pick(QUICK_NAMES, tuple(_own_loops()))
    found = []
    for name in names:
        try:
            lab.say(f"tracing {name}")
            variant = catalogue.find(name)
            found.append(phases([record(variant) for _ in range(lab.pick(1, TRACES))]))
        except NoTracing as error:
            raise NotHere(str(error)) from error
        except Unavailable as error:
            lab.say(f"{name} cannot run here: {error}")
    return judge(found)


def _own_loops() -> Iterable[str]:
    """All that have code of their own, each on the loop that its runtime has itself."""
    return (each.name for each in catalogue.variants() if each.profile.same_as is None and "+" not in each.runtime)


def phases(timelines: Sequence[Timeline]) -> Phases:
    """What several traces of one variant say."""
    middle = sorted(timelines, key=lambda timeline: timeline.when("A", "is answered") - timeline.when("A", "sends"))[
        len(timelines) // 2
    ]
    events = list(_of_request(middle))
    copies = Counter(DIRECTIONS.get(event.names[0], "send") for event in events if event.kind is Kind.COPIES)
    return Phases(
        variant=middle.variant,
        waits=max(middle.waiting, key=lambda call: middle.waiting[call], default=""),
        waiting=statistics.median(sum(timeline.waiting.values()) for timeline in timelines),
        copying=statistics.median(sum(timeline.copying.values()) for timeline in timelines),
        vain=sum(_in_vain(event) for event in middle.events),
        copies=dict(sorted(copies.items())),
        request=sum(middle.request.values()),
        parts=[statistics.median(each) for each in zip(*map(parts, timelines), strict=True)],
    )


def parts(timeline: Timeline) -> list[int]:
    """Where the server's time went, by PARTS, from when it was awake after A had sent until it had replied."""
    events = list(_of_request(timeline))
    asleep = [event.end - event.copied for event in events if event.waited]
    worked = [event.end for event in events if event.kind in (Kind.COPIES, Kind.SUBMITS)]
    begin, end = min(asleep, default=timeline.when("A", "sends")), max(worked, default=timeline.when("A", "is answered"))
    copying = sum(event.copied for event in events)
    vain = sum(event.took for event in events if event.kind is Kind.IN_VAIN and begin <= event.at < end)
    return [copying, vain, max(0, end - begin - copying - vain)]


def _of_request(timeline: Timeline) -> Iterable[Event]:
    """The events between A's request and its reply, on the thread that served it: that which copied for A, or did most."""
    begin, end = timeline.when("A", "sends"), timeline.when("A", "is answered")
    meanwhile = [event for event in timeline.events if event.end > begin and event.at < end]
    at_work = Counter(event.lane for event in meanwhile if event.kind is not Kind.WAITS)
    copying = Counter(event.lane for event in meanwhile if event.kind is Kind.COPIES)
    lane = max(copying or at_work or {0: 1}, key=lambda lane: (copying or at_work)[lane])
    return (event for event in meanwhile if event.lane == lane)


def _in_vain(event: Event) -> int:
    """How many calls of an event found nothing."""
    return event.rounds * sum("EAGAIN" in name for name in event.names)


def judge(found: Sequence[Phases]) -> Answer:
    """Holds if all wait in several ways, all but io_uring copy with one and the same set of calls, and io_uring with none."""
    others = [each for each in found if each.variant != ASYNCHRONOUS]
    asynchronous = next((each for each in found if each.variant == ASYNCHRONOUS), None)
    usual, alike = Counter(_counts(each.copies) for each in others).most_common(1)[0]
    strays = [f"{each.variant} ({_counts(each.copies)})" for each in others if _counts(each.copies) != usual]
    meanwhile = asynchronous is None or not asynchronous.copies
    ways = sorted({each.waits for each in found})
    if not strays and meanwhile and len(ways) > 1:
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.DEPENDS if alike > len(others) / 2 and meanwhile else Verdict.DOES_NOT_HOLD
    shares = sorted(each.share for each in found if each.copying)
    return Answer(
        verdict=verdict,
        says=f"{alike} of {len(others)} variants copy a request and its reply with the same calls ({usual}), and all wait in "
        f"{len(ways)} different ones; {_uring(asynchronous)}. Of waiting and copying, {percent(shares[0])} or more is waiting.",
        crossing=f"other calls in {len(strays)} of {len(others)}" if strays and verdict is Verdict.DEPENDS else "",
        because=f"Others copy in {', '.join(strays)}." if strays else "",
        table=[
            [
                "variant",
                "waits in",
                "waiting",
                "copying",
                "waiting's share",
                "calls in vain",
                "a request's copies",
                "calls",
            ],
            *(_row(each) for each in found),
        ],
        charts=[_chart(found)],
    )


def _uring(asynchronous: Phases | None) -> str:
    if asynchronous is None:
        return "io_uring cannot be tried here"
    return "io_uring copies with calls as well" if asynchronous.copies else "a request to io_uring is copied by no call"


def _counts(copies: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in copies.items()) or "none"


def _row(each: Phases) -> list[str]:
    times = [duration(1000 * micros) for micros in (each.waiting, each.copying)]
    share = percent(each.share) if each.copying else "all that shows"
    return [each.variant, each.waits, *times, share, str(each.vain), _counts(each.copies), str(each.request)]


def _chart(found: Sequence[Phases]) -> Chart:
    """The classic models alone: the others wait and copy as epoll does, and have more code between."""
    shown = [each for each in found if each.variant.startswith("sockets/")]
    return Chart(
        name="waiting-and-copying",
        title="Where a request's time goes once the server is awake, under strace",
        description="For each classic model, the parts of the time from being awake to having replied; copying is a small one.",
        x="model",
        y="from being awake to having replied, us",
        series=[
            Series(part, [(place, each.parts[number]) for place, each in enumerate(shown)]) for number, part in enumerate(PARTS)
        ],
        kind="stacked",
        categories=[each.variant.partition("/")[2] for each in shown],
    )
