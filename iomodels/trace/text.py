"""A timeline as text for a terminal of 100 columns: what happened, line by line, then the sums and who waited for whom."""

import textwrap
from collections.abc import Callable, Iterator, Mapping

import click

from iomodels.trace.calls import Kind
from iomodels.trace.timeline import Event, Timeline

__all__ = ["UNBROKEN", "counts", "duration", "render", "verdict"]

WIDTH = 100
SHADES = {Kind.COPIES: "yellow", Kind.IN_VAIN: "magenta", Kind.ROUNDS: "magenta", Kind.OTHER: "bright_black"}
WAITING = "blue"
UNBROKEN = "\N{NO-BREAK SPACE}"

Paint = Callable[..., str]


def render(timeline: Timeline, *, colour: bool = False) -> str:
    """The whole report."""

    def paint(text: str, shade: str | None = None, *, bold: bool = False) -> str:
        return click.style(text, fg=shade, bold=bold or None) if colour else text

    options = "".join(f" {option}" for option in timeline.options)
    where = ", ".join(
        (timeline.metadata["kernel"], f"Python {timeline.metadata['python']}", f"strace {timeline.metadata['strace']}")
    )
    lines = [paint(f"{timeline.variant} --service {timeline.service}{options}", bold=True), where, ""]
    lines += _table(timeline, paint)
    lines += ["", *_sums(timeline, paint), "", paint(verdict(timeline), bold=True)]
    return "\n".join(lines) + "\n"


def _table(timeline: Timeline, paint: Paint) -> Iterator[str]:
    """All times in microseconds; a wait of nothing is left empty."""
    lane_width = max(len("lane"), *map(len, timeline.lanes)) if len(timeline.lanes) > 1 else 0
    lane = f"  {'lane':<{lane_width}}" if lane_width else ""
    yield paint(f"{'us':>9}{lane}  {'waits us':>9}  {'copies us':>9}  call", bold=True)
    rows: list[tuple[int, int, str]] = [
        (mark.at, 0, paint(f"{mark.at:>9,}  {mark.client} {mark.does}", bold=True)) for mark in timeline.marks
    ]
    for event in timeline.events:
        name = f"  {timeline.lanes[event.lane]:<{lane_width}}" if lane_width else ""
        rows.append((event.at, 1, _row(event, name, paint)))
    yield from (line for _, _, line in sorted(rows, key=lambda row: row[:2]))


def _row(event: Event, lane: str, paint: Paint) -> str:
    numbers = f"{event.waited or '':>9,}" if event.waited else " " * 9, f"{event.copied:>9,}" if event.copied else " " * 9
    call = event.call
    room = WIDTH - 9 - len(lane) - 2 * 11 - 2
    if len(call) > room:
        call = _shortened(call, room)
    shade = SHADES.get(event.kind, WAITING if event.waited else None)
    return f"{event.at:>9,}{lane}  {paint(numbers[0], WAITING)}  {paint(numbers[1], 'yellow')}  {paint(call, shade)}".rstrip()


def _shortened(call: str, room: int) -> str:
    """Its arguments cut, and what it returned kept, where there is one."""
    head, equals, result = call.rpartition(") = ")
    if not equals:
        return call[: room - 3] + "..."
    tail = f"...{equals}{result}"
    return head[: max(0, room - len(tail))] + tail


def _sums(timeline: Timeline, paint: Paint) -> Iterator[str]:
    entries = {
        "waiting": (duration(sum(timeline.waiting.values())), timings(timeline.waiting)),
        "copying": (duration(sum(timeline.copying.values())), timings(timeline.copying) or "no call shows it"),
        "calls": (str(sum(timeline.calls.values())), counts(timeline.calls)),
        "a request": (str(sum(timeline.request.values())), f"{counts(timeline.request)} (from A's request to its reply)"),
    }
    if timeline.aside:
        entries["aside"] = (str(sum(timeline.aside.values())), f"took no part: {counts(timeline.aside)}")
    for name, (sum_, details) in entries.items():
        indent = " " * 24
        first, *others = textwrap.wrap(details, WIDTH - len(indent), break_long_words=False)
        yield f"{paint(f'{name:<10}', bold=True)}{sum_:>12}  {first}".replace(UNBROKEN, " ")
        yield from ((indent + line).replace(UNBROKEN, " ") for line in others)


def verdict(timeline: Timeline) -> str:
    """Who waited for whom, in a sentence."""
    waited = duration(timeline.b_waited)
    if timeline.b_first:
        return f"B was answered before A left, {waited} after it had sent."
    return f"B waited until A left: {waited}, {'in the backlog' if timeline.backlog else 'accepted, and not read from'}."


def duration(micros: int) -> str:
    """Microseconds below one millisecond, else milliseconds."""
    return f"{micros} us" if micros < 1000 else f"{micros / 1000:.1f} ms" if micros < 99_950 else f"{micros / 1000:.0f} ms"


def timings(times: Mapping[str, int]) -> str:
    """`recvfrom 65.9 ms, accept4 25.3 ms`, with spaces at which a line may not end."""
    return ", ".join(f"{name} {duration(time)}".replace(" ", UNBROKEN) for name, time in times.items())


def counts(numbers: Mapping[str, int]) -> str:
    """`recvfrom 4, accept4 2`, likewise."""
    return ", ".join(f"{name}{UNBROKEN}{number}" for name, number in numbers.items())
