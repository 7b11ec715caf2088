"""A trace as a timeline: a lane for each thread or process that took part, what happened in it, and what the clients did.

All times are microseconds from the moment at which A connects. A call that sleeps for a client and then takes what came is
divided where that client acted: until then it waited, and what is left is copying, wake-up included. No call tells that by
itself, but clients and server read the same clock. Repetition is collapsed, so that a timeline stays small.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from iomodels.trace.calls import Kind, kind_of
from iomodels.trace.strace import Call, Record

__all__ = ["Event", "Mark", "Timeline", "build"]

LONGEST = 96  # characters of a call's text
LONGEST_ROUND = 8  # calls, or groups of them
FEWEST_ROUNDS = 3  # that are collapsed
DESCRIPTOR = re.compile(r"(\d)<((?:[^<>]|->)*)>")  # 6<socket:[30425]>, 4<anon_inode:[eventpoll]>, 1</dev/null>, 5<A->B>
SOCKET = re.compile(r"socket:\[(\d+)\]")
NAMED = re.compile(r"(?:anon_inode:\[?)?(pipe|eventpoll|eventfd|io_uring|signalfd|timerfd|socket)\b")
EPOLL_EVENT = re.compile(r"events=([A-Z|]+), data=\{u32=(\d+), u64=\d+\}")
STRUCTURE = re.compile(r"\{(?:sa_family|msg_name|flags|sa_handler|st_mode)[^{}]*\}")
FILE = re.compile(r'"/[^"]*"')  # the machine's own affair, and long
ACTS = ("connects", "sends", "leaves")  # of a client: what wakes a server


@dataclass(frozen=True)
class Mark:
    """What a client did or saw. at: when it began to; done: when it had."""

    at: int
    done: int
    client: str
    does: str


@dataclass(frozen=True)
class Event:
    """One call, several of no interest, or many rounds of the same.

    lane: the number of its lane. names: of the calls, each with what came of it in a word. call: as strace has it, shortened.
    client: whose connection it was made on, or "". waited, copied: how much of the time it took was that. rounds: how often.
    """

    at: int
    took: int
    lane: int
    kind: Kind
    names: Sequence[str]
    call: str
    client: str = ""
    waited: int = 0
    copied: int = 0
    rounds: int = 1

    @property
    def end(self) -> int:
        return self.at + self.took


@dataclass(frozen=True)
class Timeline:
    """What one variant did, from `begin` to `end`.

    lanes: their names. aside: of those that took no part, how many spent the time in which call. backlog: whether a client was
    not even accepted when B had its reply, or had to wait. waiting, copying: time, by call; threads that wait side by side
    count each. calls: how often, by those that took part. request: the calls from A's request to its reply, the one in which
    the server slept until then included.
    """

    variant: str
    service: str
    options: Sequence[str]
    metadata: Mapping[str, str]
    begin: int
    end: int
    lanes: Sequence[str]
    aside: Mapping[str, int]
    backlog: bool
    waiting: Mapping[str, int]
    copying: Mapping[str, int]
    calls: Mapping[str, int]
    request: Mapping[str, int]
    marks: Sequence[Mark]
    events: Sequence[Event]

    def when(self, client: str, does: str) -> int:
        """When a client did something. Raises KeyError when it did not."""
        for mark in self.marks:
            if (mark.client, mark.does) == (client, does):
                return mark.at
        raise KeyError(f"{client} {does}")

    @property
    def b_first(self) -> bool:
        """Whether B was answered while A was still there."""
        return self.when("B", "is answered") < self.when("A", "leaves")

    @property
    def b_waited(self) -> int:
        """From B's request to its reply."""
        return self.when("B", "is answered") - self.when("B", "sends")


def build(
    record: Record,
    marks: Sequence[Mark],
    *,
    begin: int,
    end: int,
    clients: Mapping[int, str],
    backlog: bool,
    variant: str,
    service: str,
    options: Sequence[str],
    metadata: Mapping[str, str],
) -> Timeline:
    """The section of a trace from `begin` to `end`, which as those of the marks are microseconds since 1970.

    clients: their names, by the inodes of the server's ends of their connections.
    """
    scene = _Scene(record, marks, begin, end, clients)
    by_thread = {thread: scene.events(thread) for thread in record.threads}
    taking_part = [thread for thread, events in by_thread.items() if any(map(_takes_part, events))]
    lanes = dict(zip(taking_part, _lane_names(record, taking_part), strict=True))
    events = [
        replace(_with_child_named(event, lanes), lane=lane)
        for lane, thread in enumerate(taking_part)
        for event in _collapsed(by_thread[thread])
    ]
    told = [event for thread in taking_part for event in by_thread[thread] if event.kind is not Kind.SIGNAL]
    return Timeline(
        variant=variant,
        service=service,
        options=tuple(options),
        metadata=dict(metadata),
        begin=scene.begin,
        end=scene.end,
        lanes=list(lanes.values()),
        aside=_aside(by_thread[thread] for thread in record.threads if thread not in taking_part),
        backlog=backlog,
        waiting=_times((_name(event), event.waited) for event in told),
        copying=_times((_name(event), event.copied) for event in told),
        calls=_counted(map(_name, told)),
        request=_counted(map(_name, filter(scene.in_request, told))),
        marks=scene.marks,
        events=sorted(events, key=lambda event: (event.at, event.lane)),
    )


class _Scene:
    """What is needed to make events of calls: who the clients are and what they did, with A's arrival as time zero."""

    def __init__(self, record: Record, marks: Sequence[Mark], begin: int, end: int, clients: Mapping[int, str]) -> None:
        self.zero = marks[0].at
        self.begin, self.end = begin - self.zero, end - self.zero
        self.record = record
        self.marks = [replace(mark, at=mark.at - self.zero, done=mark.done - self.zero) for mark in marks]
        self.names = {str(inode): name for inode, name in clients.items()}
        for call in record.calls:
            if call.name in ("accept", "accept4") and (listener := SOCKET.search(call.arguments)):
                self.names.setdefault(listener[1], "listener")

    def events(self, thread: int) -> list[Event]:
        """All that a thread did in this section, nothing collapsed."""
        events = [event for call in self.record.calls if call.thread == thread and (event := self._event(call))]
        for signal in self.record.signals:
            at = signal.at - self.zero
            if signal.thread == thread and self.begin <= at < self.end:
                events.append(Event(at, 0, 0, Kind.SIGNAL, [signal.name], f"--- {signal.name} ---"))
        return sorted(events, key=lambda event: event.at)

    def in_request(self, event: Event) -> bool:
        """Whether a call was made for A's request: it was under way, or began, before the reply had gone."""
        sent, answered = self._when("A", "sends"), self._when("A", "is answered")
        return event.end > sent and event.at < answered and not (event.waited and event.end >= answered)

    def _when(self, client: str, does: str) -> int:
        return next(mark.at for mark in self.marks if (mark.client, mark.does) == (client, does))

    def _event(self, call: Call) -> Event | None:
        at = max(call.began - self.zero, self.begin)
        end = call.began - self.zero + call.took if call.took is not None else self.end + 1
        if at >= self.end or end < self.begin:
            return None
        client = self._client(call)
        kind = kind_of(call, client, returned=end <= self.end)
        if kind is Kind.WAITS and call.name == "futex" and not any(at <= mark.at < end for mark in self.marks):
            kind = Kind.OTHER  # threads that hand a lock to each other; nobody waits for a client
        text = self._text(call, returned=end <= self.end or (kind is not Kind.WAITS and call.took is not None))
        if kind is Kind.WAITS or call.took is None:
            end = min(end, self.end)
        waited = end - at if kind is Kind.WAITS else 0
        if kind in (Kind.ACCEPTS, Kind.COPIES, Kind.ENDS):
            waited = max((self._acted(mark, end) - at for mark in self.marks if self._woke(mark, client, at, end)), default=0)
        copied = end - at - waited if kind is Kind.COPIES else 0
        name = f"{call.name} {call.error}" if call.error and kind is not Kind.WAITS else call.name
        return Event(at, end - at, 0, kind, [name], text, client, waited, copied)

    @staticmethod
    def _woke(mark: Mark, client: str, at: int, end: int) -> bool:
        return mark.client == client and mark.does in ACTS and at <= mark.at < end

    @staticmethod
    def _acted(mark: Mark, end: int) -> int:
        """When what a client did had reached the server; that may be quicker than the client's own return from it."""
        return mark.done if mark.done < end else mark.at

    def _client(self, call: Call) -> str:
        """Whose connection a call was made on, or made: the first descriptor tells, or that which it returned."""
        for text in (call.arguments.partition(",")[0], call.result):
            if (found := SOCKET.search(text)) and (name := self.names.get(found[1])) != "listener" and name:
                return name
        return ""

    def _text(self, call: Call, *, returned: bool) -> str:
        arguments = DESCRIPTOR.sub(self._descriptor, call.arguments)
        arguments = STRUCTURE.sub("{...}", EPOLL_EVENT.sub(r"\1, data=\2", FILE.sub('"/..."', arguments)))
        result = DESCRIPTOR.sub(self._descriptor, call.result) if returned else "?"
        if call.error:
            result = result.partition(" (")[0]
        room = LONGEST - len(call.name) - len(result) - len("() = ")
        if len(arguments) > room:
            arguments = arguments[: max(0, room - 3)] + "..."
        return f"{call.name}({arguments}) = {result}"

    def _descriptor(self, found: re.Match[str]) -> str:
        """`6<socket:[30425]>` as `6<A>`; what is no socket, pipe or poller is no more than its number."""
        inode, named = SOCKET.search(found[2]), NAMED.match(found[2])
        name = self.names.get(inode[1]) if inode else None
        word = name or (named[1] if named else "")
        return f"{found[1]}<{word}>" if word else found[1]


def _takes_part(event: Event) -> bool:
    return event.kind not in (Kind.WAITS, Kind.OTHER)


def _name(event: Event) -> str:
    """Of the one call that an event is."""
    return event.names[0].partition(" ")[0]


def _lane_names(record: Record, threads: Sequence[int]) -> list[str]:
    main = next(iter(record.threads))
    seen: Counter[str] = Counter()
    names = []
    for thread in threads:
        sort = "thread" if record.threads[thread].shares else "process"
        seen[sort] += thread != main
        names.append("main" if thread == main else f"{sort} {seen[sort]}")
    return names


def _with_child_named(event: Event, lanes: Mapping[int, str]) -> Event:
    """A call that starts a thread or a process, told by the lane of what it has started instead of a number."""
    if event.kind is not Kind.STARTS:
        return event
    child = event.call.rpartition(" = ")[2]
    return replace(event, call=f"{event.names[0]}(...) = {lanes.get(int(child), '...') if child.isdecimal() else child}")


def _aside(others: Iterator[Sequence[Event]]) -> dict[str, int]:
    """Where those that took no part spent their time."""
    return _counted(_name(max(events, key=lambda event: event.took)) for events in others if events)


def _times(pairs: Iterator[tuple[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for name, time in pairs:
        total[name] += time
    return {name: time for name, time in total.most_common() if time}


def _counted(names: Iterator[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _collapsed(events: Sequence[Event]) -> list[Event]:
    """The same with neighbours of no interest in one event, and rounds that repeat themselves in one."""
    return _rounds([each for other, run in groupby(events, _is_other) for each in ([_together(list(run))] if other else run)])


def _is_other(event: Event) -> bool:
    return event.kind is Kind.OTHER


def _together(run: Sequence[Event]) -> Event:
    counts = Counter(event.names[0] for event in run)
    names = [name if count == 1 else f"{name} x{count}" for name, count in counts.items()]
    call = run[0].call if len(run) == 1 else _cut(", ".join(names))
    return replace(run[0], took=run[-1].end - run[0].at, names=names, call=call)


def _rounds(events: list[Event]) -> list[Event]:
    signatures = [(event.kind, tuple(event.names)) if event.kind in REPEATABLE else object() for event in events]
    collapsed = []
    at = 0
    while at < len(events):
        size, count = max(((size, _repeats(signatures, at, size)) for size in range(1, LONGEST_ROUND + 1)), key=_saved)
        if count < FEWEST_ROUNDS:
            collapsed.append(events[at])
            at += 1
            continue
        run = events[at : at + size * count]
        names = [name for event in run[:size] for name in event.names]
        collapsed.append(
            Event(
                at=run[0].at,
                took=run[-1].end - run[0].at,
                lane=run[0].lane,
                kind=Kind.ROUNDS,
                names=names,
                call=_cut(f"{count} times: {', '.join(names)}"),
                waited=sum(event.waited for event in run),
                rounds=count,
            )
        )
        at += size * count
    return collapsed


REPEATABLE = (Kind.WAITS, Kind.IN_VAIN, Kind.OTHER)


def _repeats(signatures: Sequence[object], at: int, size: int) -> int:
    """How often the next `size` are there in a row."""
    count = 1
    while signatures[at : at + size] == signatures[at + count * size : at + (count + 1) * size]:
        count += 1
    return count if len(signatures) >= at + size else 1


def _saved(choice: tuple[int, int]) -> tuple[int, int]:
    size, count = choice
    return (size * count if count >= FEWEST_ROUNDS else 0, -size)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
