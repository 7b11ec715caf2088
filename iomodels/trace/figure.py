"""A timeline as a figure: SVG, written by hand, that follows light and dark by itself and inside a page.

Time runs down. Between two moments at which anything happens it is drawn by the logarithm of its length, the same in all
figures: waiting takes milliseconds and copying microseconds, and on a linear axis nothing of the second would be seen. Where
labels need more height than that, time is stretched; the true times are written in.
"""

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from iomodels.trace.calls import Kind
from iomodels.trace.text import counts, duration, verdict
from iomodels.trace.timeline import Event, Mark, Timeline

__all__ = ["render"]

# In units of the viewBox.
WIDTH = 400
SIZE = 1.2  # pixels to a unit, where there is room
LEAST = 0.85  # where there is not: of a figure that is wider still a page shows a part, and lets it be moved
LEFT, RIGHT = 12, 8  # margins
CLIENT_A, CLIENT_B, SERVER = 100, 112, 130  # where the clients' lines and the server's lanes are
LANE = 118  # the least that a lane takes; a figure of more lanes is wider
TOP = 74  # where time begins
APPLICATION, KERNEL = 6, 16  # widths of the two bars of a lane
GAP = 2
LABEL = APPLICATION + GAP + KERNEL + 6  # where the label of a call begins, from its lane's edge
LINE, SMALL = 14.0, 12.0  # heights of a line of text
MARK = 26.0  # of what a client did, with its time below

UNIT, DECADE = 10.0, 14.0  # f(t) = DECADE * log10(1 + t / UNIT microseconds)
SCALE = ((10, "10 us"), (100, "100 us"), (1_000, "1 ms"), (10_000, "10 ms"), (100_000, "100 ms"))

MONO, SANS = 6.62, 5.7  # width of a character, at font sizes 11 and 10.5
FINE = 5.9  # of monospace at 9.8

LEGEND = {
    "run": "its own code",
    "wait": "waiting",
    "copy": "copying",
    "vain": "asked in vain (EAGAIN)",
    "submit": "handed to the kernel",
    "rounds": "asking again and again",
    "other": "other calls",
}
CLASSES = {
    Kind.WAITS: "wait",
    Kind.COPIES: "copy",
    Kind.IN_VAIN: "vain",
    Kind.SUBMITS: "submit",
    Kind.ROUNDS: "rounds",
}

# The page that inlines a figure keeps these rules to the figure, and puts its own switch in the place of the scheme.
STYLE = """
svg{LIGHT;min-width:LEASTpx;max-width:100%;height:auto;font:10.5px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){svg{DARK}}
text{fill:var(--ink)}
.title{font-size:15px;font-weight:600}
.strong{font-weight:600;font-size:11.5px}
.call{font:11px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
.fine{font:9.8px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;fill:var(--quiet)}
.quiet{fill:var(--quiet)}
.time{font-size:9.8px;fill:var(--quiet)}
.waits{fill:var(--wait)}
.copies{fill:var(--copy-ink);font-weight:600}
.in-vain{fill:var(--vain)}
.ground{fill:var(--ground)}
.lane{stroke:var(--line);stroke-width:1.5}
.guide{stroke:var(--line);stroke-width:1;stroke-dasharray:1 4}
.run{fill:var(--run)}
.copy{fill:var(--copy)}
.other{fill:var(--other)}
.vain{fill:var(--ground);stroke:var(--vain);stroke-width:1.5}
.edge{stroke:var(--wait);stroke-width:1}
.present{stroke:var(--quiet);stroke-width:2}
.arrow{stroke:var(--ink);stroke-width:1.2;fill:none}
.head{fill:var(--ink)}
.p-wait{fill:var(--wait-ground)}
.s-wait{stroke:var(--wait);stroke-width:1.1}
.s-vain{stroke:var(--vain);stroke-width:1.6}
.s-copy{fill:var(--copy)}
"""
LIGHT = (
    "--ground:var(--pst-color-background,#fff);--ink:#1f2328;--quiet:#59636e;--line:#d1d9e0;--run:#6e7781;--wait:#0072b2;"
    "--wait-ground:#dcecf7;--copy:#d55e00;--copy-ink:#b34700;--vain:#a8327a;--other:#c4ccd4"
)
DARK = (
    "--ground:var(--pst-color-background,#14181e);--ink:#e6edf3;--quiet:#a3adb8;--line:#3d444d;--run:#8b949e;--wait:#62b6ee;"
    "--wait-ground:#12324a;--copy:#ff9248;--copy-ink:#ff9248;--vain:#ec87c4;--other:#4a525c"
)


@dataclass(frozen=True)
class Block:
    """A stretch of time in one lane. css: how it is filled. lines: what is written beside it, each with a class of its own."""

    lane: int
    begin: int
    end: int
    css: str
    lines: Sequence[tuple[str, str]]

    @property
    def height(self) -> float:
        """The least that it takes."""
        return 2.0 + sum(SMALL if css == "fine" else LINE for css, _ in self.lines)


def render(timeline: Timeline) -> str:
    """The figure."""
    width = max(WIDTH, SERVER + LANE * len(timeline.lanes) + RIGHT)
    return _Figure(timeline, width).svg()


class _Figure:
    def __init__(self, timeline: Timeline, width: int) -> None:
        self.timeline = timeline
        self.width = width
        self.lane_width = (width - SERVER - RIGHT) / len(timeline.lanes)
        self.name = "trace-" + "".join(letter if letter.isalnum() else "-" for letter in timeline.variant)
        self.blocks = [block for lane in range(len(timeline.lanes)) for block in self._blocks(lane)]
        self.y = _heights(self.blocks, timeline.marks, timeline.begin)
        self.bottom = max(self.y.values()) + 8

    def svg(self) -> str:
        """The whole of it."""
        parts = [*self._header(), *self._lanes(), *map(self._block, self.blocks), *self._clients()]
        y, footer = self._footer()
        body = "\n".join(part for part in (*parts, *footer) if part)
        height = math.ceil(y + 6)
        style = STYLE.replace("LIGHT", LIGHT).replace("DARK", DARK).replace("LEAST", f"{self.width * LEAST:.0f}").strip()
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {self.width} {height}"'
            f' width="{self.width * SIZE:.0f}" height="{height * SIZE:.0f}"'
            f' aria-labelledby="{self.name}-title {self.name}-desc">\n'
            f'<title id="{self.name}-title">{escape(self._title())}</title>\n'
            f'<desc id="{self.name}-desc">{escape(self._description())}</desc>\n'
            f"<style>{style}</style>\n{self._patterns()}\n"
            f'<rect class="ground" width="{self.width}" height="{height}" rx="6"/>\n{body}\n</svg>\n'
        )

    # What it says.

    def _title(self) -> str:
        return f"{self.timeline.variant}: waiting and copying while two clients are served"

    def _description(self) -> str:
        return f"Time runs down. {self._sums()} {verdict(self.timeline)}"

    def _sums(self) -> str:
        timeline = self.timeline
        waiting, copying = sum(timeline.waiting.values()), sum(timeline.copying.values())
        copied = f"copying {duration(copying)}" if copying else "copying shown by no call, as the kernel does it by itself"
        calls = f"{sum(timeline.calls.values())} calls, {sum(timeline.request.values())} of them for A's request"
        return f"Waiting {duration(waiting)}, {copied}; {calls} ({counts(timeline.request)})."

    # Its parts.

    def _patterns(self) -> str:
        wait = '<rect class="p-wait" width="6" height="6"/><path class="s-wait" d="M-1 7L7 -1M-1 1L1 -1M5 7L7 5"/>'
        rounds = '<rect class="p-wait" width="6" height="6"/><path class="s-vain" d="M0 1.5H6"/>'
        submit = '<rect class="p-wait" width="6" height="6"/><circle class="s-copy" cx="3" cy="3" r="1.7"/>'
        patterns = "".join(
            f'<pattern id="{self.name}-{name}" width="6" height="6" patternUnits="userSpaceOnUse">{content}</pattern>'
            for name, content in (("wait", wait), ("rounds", rounds), ("submit", submit))
        )
        return f"<defs>{patterns}</defs>"

    def _header(self) -> Iterator[str]:
        about = self.timeline.metadata
        yield _text(LEFT, 22, self.timeline.variant, "title")
        options = "".join(f" {option}" for option in self.timeline.options)
        where = f"{about['kernel']}, Python {about['python']}{options}"
        yield _text(self.width - RIGHT - 4, 22, where, "time", anchor="end")
        yield _text(LEFT, TOP - 22, "clients", "strong")
        yield _text(CLIENT_A, TOP - 8, "A", "strong", anchor="middle")
        yield _text(CLIENT_B, TOP - 8, "B", "strong", anchor="middle")
        for lane, name in enumerate(self.timeline.lanes):
            x = self._x(lane)
            yield _text(x, TOP - 22, "server" if len(self.timeline.lanes) == 1 else name, "strong")
            yield _text(x, TOP - 8, "application | kernel" if lane == 0 else "appl. | kernel", "time")

    def _lanes(self) -> Iterator[str]:
        for mark in self.timeline.marks:
            y = self.y[mark.at]
            yield f'<path class="guide" d="M{SERVER - 6} {y:.1f}H{self.width - RIGHT}"/>'
        for lane in range(len(self.timeline.lanes)):
            own = [block for block in self.blocks if block.lane == lane]
            x = self._x(lane)
            first, last = self.y[own[0].begin], self.y[own[-1].end]
            yield f'<path class="lane" d="M{x + APPLICATION / 2:.1f} {first:.1f}V{last:.1f}"/>'
            for before, after in pairwise(own):
                top, bottom = self.y[before.end], self.y[after.begin]
                if bottom - top > 0.5:
                    yield _rect(x, top, APPLICATION, bottom - top, "run")

    def _block(self, block: Block) -> str:
        x, y = self._x(block.lane), self.y[block.begin]
        height = self.y[block.end] - y
        inset = 1 if block.css == "vain" else 0  # its outline lies half outside
        bar = x + APPLICATION + GAP + inset
        parts = [_rect(bar, y + 0.5 + inset, KERNEL - 2 * inset, height - 1 - 2 * inset, block.css, self.name)]
        baseline = y - 3.5
        for css, text in block.lines:
            baseline += SMALL if css == "fine" else LINE
            parts.append(_text(x + LABEL, baseline, text, css))
        return "".join(parts)

    def _clients(self) -> Iterator[str]:
        end = self.bottom
        for client, x in (("A", CLIENT_A), ("B", CLIENT_B)):
            marks = {mark.does: self.y[mark.at] for mark in self.timeline.marks if mark.client == client}
            top, bottom = marks["connects"], marks.get("is let go", end)
            yield f'<path class="present" d="M{x} {top:.1f}V{bottom:.1f}"/>'
            yield _rect(x - 3, marks["sends"], 6, marks["is answered"] - marks["sends"], "wait", self.name)
        for mark in self.timeline.marks:
            y, x = self.y[mark.at], CLIENT_A if mark.client == "A" else CLIENT_B
            yield _text(LEFT, y + 3.5, f"{mark.client} {mark.does}", "strong")
            yield _text(LEFT, y + 14.5, duration(mark.at) if mark.at else "0", "time")
            to_server = mark.does in ("connects", "sends", "leaves")
            tip = SERVER - 5 if to_server else x + 4
            back = -4 if to_server else 4
            yield f'<path class="arrow" d="M{x + 3} {y:.1f}H{SERVER - 5}"/>'
            yield f'<path class="head" d="M{tip} {y:.1f}l{back} -3v6z"/>'

    def _footer(self) -> tuple[float, list[str]]:
        parts = []
        y = self.bottom + 26
        parts.append(f'<path class="lane" d="M{LEFT} {self.bottom + 10:.1f}H{self.width - RIGHT - 4}"/>')
        used = {"run", *(block.css for block in self.blocks)}
        x = float(LEFT)
        for css, words in LEGEND.items():
            if css in used:
                taken = 20 + len(words) * SANS + 14
                if x + taken > self.width - RIGHT:
                    x, y = LEFT, y + 17
                inset = 1 if css == "vain" else 0
                parts.append(_rect(x + inset, y - 9 + inset, 14 - 2 * inset, 10 - 2 * inset, css, self.name))
                parts.append(_text(x + 19, y, words))
                x += taken
        y += 24 + _height(SCALE[-1][0])
        parts.append(_text(LEFT, y - 34, "one scale in"))
        parts.append(_text(LEFT, y - 21, "all figures:"))
        for number, (micros, words) in enumerate(SCALE):
            x = LEFT + 84 + number * 62
            height = _height(micros)
            parts.append(_rect(x, y - 14 - height, KERNEL, height, "wait", self.name))
            parts.append(_text(x + KERNEL / 2, y - 2, words, "time", anchor="middle"))
        y += 8
        room = int((self.width - LEFT - RIGHT) / SANS)
        for line in textwrap.wrap(self._sums(), room):
            y += LINE
            parts.append(_text(LEFT, y, line))
        y += 3
        for line in textwrap.wrap(verdict(self.timeline), int(room * 0.9)):
            y += LINE
            parts.append(_text(LEFT, y, line, "strong"))
        return y, parts

    # Events as blocks.

    def _x(self, lane: int) -> float:
        return SERVER + lane * self.lane_width

    def _blocks(self, lane: int) -> list[Block]:
        """Those of a lane, one after the other: strace takes a call's duration by another clock than the times of day."""
        events = [event for event in self.timeline.events if event.lane == lane]
        blocks = [block for event in events for block in self._parts(event)]
        for number, (before, after) in enumerate(pairwise(blocks)):
            end = max(min(before.end, after.begin), before.begin + 1)
            blocks[number] = replace(before, end=end)
            begin = max(after.begin, end)
            blocks[number + 1] = replace(after, begin=begin, end=max(after.end, begin + 1))
        return blocks

    def _parts(self, event: Event) -> Iterator[Block]:
        """What is to be seen of an event: its waiting, and the rest."""
        if event.kind is Kind.ROUNDS:
            yield Block(event.lane, event.at, event.end, "rounds", self._rounds(event))
            return
        middle = event.at + event.waited
        if event.waited:
            label = self._label(event.names[0], f"waits {duration(event.waited)}", "waits")
            yield Block(event.lane, event.at, middle, "wait", label)
        if middle >= event.end and event.took:
            return
        css = CLASSES.get(event.kind, "other")
        if event.kind is Kind.OTHER:
            label = [("fine", _fitting(", ".join(event.names), self._room() / FINE))]
        elif event.kind is Kind.COPIES:
            label = self._copied("" if event.waited else event.names[0], event)
        else:
            label = self._remark(event)
        yield Block(event.lane, middle, event.end, css, label)

    def _copied(self, name: str, event: Event) -> Sequence[tuple[str, str]]:
        """With what was copied, where there is room for that."""
        towards = "to" if event.names[0].startswith(("send", "write")) else "from"
        full = f"copies {event.call.rpartition(' = ')[2]} bytes {towards} {event.client}, {duration(event.copied)}"
        fits = len(name) * MONO + 8 + len(full) * SANS <= self._room()
        return self._label(name, full if fits else f"copies {duration(event.copied)}", "copies")

    def _remark(self, event: Event) -> Sequence[tuple[str, str]]:
        name, _, error = event.names[0].partition(" ")
        if event.kind is Kind.ACCEPTS:
            return self._label("" if event.waited else name, f"takes {event.client or 'a client'}", "quiet")
        if event.kind is Kind.ENDS:
            return self._label("" if event.waited else name, "end of input", "quiet")
        if event.kind is Kind.IN_VAIN:
            return self._label(name, error, "in-vain")
        if event.kind is Kind.STARTS:
            return self._label(name, event.call.rpartition(" = ")[2], "quiet")
        if event.kind is Kind.SUBMITS:
            return self._label(name, f"submits {duration(event.took)}", "quiet")
        return self._label(name, "", "quiet")

    def _rounds(self, event: Event) -> list[tuple[str, str]]:
        lines = [("in-vain", f"{event.rounds} times, {duration(event.took)}:")]
        return lines + [("fine", _fitting(name, self._room() / FINE)) for name in event.names]

    def _label(self, name: str, words: str, css: str) -> Sequence[tuple[str, str]]:
        """A call's name and a remark, in one line if there is room; `a|b` in a text stands for both."""
        if not words:
            return [("call", _fitting(name, self._room() / MONO))]
        if not name:
            return [(css, _fitting(words, self._room() / SANS))]
        if len(name) * MONO + 8 + len(words) * SANS <= self._room():
            return [(f"call|{css}", f"{name}|{words}")]
        return [("call", _fitting(name, self._room() / MONO)), (css, _fitting(words, self._room() / SANS))]

    def _room(self) -> float:
        return self.lane_width - LABEL - 2


def _height(micros: float) -> float:
    return DECADE * math.log10(1 + micros / UNIT)


def _heights(blocks: Sequence[Block], marks: Sequence[Mark], begin: int) -> dict[int, float]:
    """Where each moment is, so that time goes down, and everything has the height that its labels need."""
    moments = sorted(
        {begin, *(moment for block in blocks for moment in (block.begin, block.end)), *(mark.at for mark in marks)}
    )
    needs: dict[int, list[tuple[int, float]]] = {}
    for block in blocks:
        needs.setdefault(block.end, []).append((block.begin, block.height))
    for earlier, later in pairwise(marks):
        needs.setdefault(later.at, []).append((earlier.at, MARK))
    y = {moments[0]: float(TOP)}
    for before, after in pairwise(moments):
        least = [y[since] + height for since, height in needs.get(after, ()) if since < after]
        y[after] = max([y[before] + _height(after - before), *least])
    return y


def _fitting(text: str, letters: float) -> str:
    return text if len(text) <= letters else text[: max(1, int(letters) - 1)].rstrip(", ") + "…"


def _text(x: float, y: float, words: str, css: str = "", anchor: str = "") -> str:
    first, _, second = css.partition("|")
    if second:  # a call's name, and a remark in another face
        name, _, remark = words.partition("|")
        return _text(x, y, name, first) + _text(x + len(name) * MONO + 8, y, remark, second)
    classes = f" class={quoteattr(css)}" if css else ""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{classes}{anchored}>{escape(words)}</text>'


def _rect(x: float, y: float, width: float, height: float, css: str, patterns: str = "") -> str:
    box = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(height, 1):.1f}"'
    if css in ("wait", "rounds", "submit"):
        return f'<rect {box} class="edge" style="fill:url(#{patterns}-{css})"/>'
    return f'<rect {box} class="{css}"/>'
