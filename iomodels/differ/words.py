"""What was done and what differs, in words, and side by side."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from iomodels.differ.conversations import Conversation, Step
from iomodels.differ.noise import Difference
from iomodels.differ.observe import Aspect
from iomodels.replay.compare import shown
from iomodels.replay.recording import Kind

__all__ = ["Row", "acts", "marks", "named", "rows", "title"]

NUMBER = re.compile(r"\d+")
CONTEXT = 2  # lines round one that differs
BEFORE, BEHIND = 64, 192  # bytes round the first that differs, of what is long
LONG = 16 * 1024
SAID = 60  # bytes of what a client says that are shown
DOES = {Kind.OPEN: "connects", Kind.ASKED_EOF: "sends end of input", Kind.ASKED_RESET: "resets", Kind.CLOSE: "closes"}
Row = tuple[str, str, str]  # old, mark, new: ` ` alike, `|` otherwise, `<` `>` on one side alone, `.` left out


def title(aspect: Aspect, conversation: Conversation) -> str:
    """What was looked at."""
    match aspect:
        case ("bytes", client):
            return f"what client {client} hears"
        case ("end", client):
            return f"how the server ends client {client}'s connection"
        case ("waits", client, pause):
            return f"what client {client} has heard {_when(conversation, int(pause))}"
        case ("server",):
            return "the server, when all is said"
        case ("exit",):
            return "how the server ends on SIGTERM"
        case ("log",):
            return "what the server logs"
        case ("after",):
            return "what --after prints"
        case ("file", name):
            return f"the {'folder' if name.endswith('/') else 'file'} {name}"
        case _:
            return " ".join(aspect)


def named(aspect: Aspect) -> str:
    """The same for programs: `bytes 1`."""
    return " ".join(aspect)


def _when(conversation: Conversation, pause: int) -> str:
    places = [number for number, step in enumerate(conversation.steps) if step.waits]
    if pause >= len(places):
        return "before the server is stopped"
    return f"before step {places[pause] + 1}"


def acts(conversation: Conversation) -> Iterator[str]:
    """Each step as a line."""
    for number, step in enumerate(conversation.steps, 1):
        yield f"{number:>3} {'all wait; ' if step.waits and number > 1 else ''}client {step.connection} {_does(step)}"
    if conversation.slow:
        yield f"    client {', '.join(map(str, sorted(conversation.slow)))} does not read before the end"
    if conversation.gap:
        yield "    each piece is read by the server before the next is sent"
    if conversation.stops:
        yield "    SIGTERM is sent to the server"


def _does(step: Step) -> str:
    if step.kind is not Kind.ASKED:
        return DOES[step.kind]
    text = "".join(shown(step.data[:SAID])) if step.data else ""
    return f"says {text}" + (f"... ({len(step.data):,} bytes)" if len(step.data) > SAID else "")


def rows(difference: Difference) -> list[Row]:
    """Old and new, line by line, with what is alike left out but for some lines round what is not."""
    old, new = difference.old, difference.new
    if old is not None and new is not None and max(len(old), len(new)) > LONG:
        at = max(0, _first(old, new) - BEFORE)
        head = f"(from byte {at:,} of {{:,}})"
        left = [head.format(len(old)), *shown(old[at : at + BEFORE + BEHIND])]
        right = [head.format(len(new)), *shown(new[at : at + BEFORE + BEHIND])]
    else:
        left, right = _lines(old), _lines(new)
    return list(_collapsed(list(_aligned(left, right))))


def marks(differences: Iterable[Difference]) -> set[tuple[str, str, str]]:
    """What differs, without where and how often: the kind, and each pair of lines with its numbers left out."""
    return {
        (each.aspect[0], NUMBER.sub("N", old), NUMBER.sub("N", new))
        for each in differences
        for old, mark, new in rows(each)
        if mark in "|<>"
    }


def _lines(data: bytes | None) -> list[str]:
    if data is None:
        return ["(none)"]
    return shown(data[:LONG]) or ["(nothing)"]


def _aligned(left: Sequence[str], right: Sequence[str]) -> Iterator[Row]:
    for what, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what == "equal":
            yield from ((line, " ", line) for line in left[a:b])
            continue
        for place in range(max(b - a, d - c)):
            one = left[a + place] if a + place < b else None
            other = right[c + place] if c + place < d else None
            yield one or "", "|" if one is not None and other is not None else "<" if other is None else ">", other or ""


def _collapsed(aligned: Sequence[Row]) -> Iterator[Row]:
    near = {place + each for place, row in enumerate(aligned) if row[1] != " " for each in range(-CONTEXT, CONTEXT + 1)}
    left_out = False
    for place, row in enumerate(aligned):
        if place in near:
            left_out = False
            yield row
        elif not left_out:
            left_out = True
            yield "...", ".", "..."


def _first(old: bytes, new: bytes) -> int:
    """The first byte that differs, by halves."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if old[low:middle] == new[low:middle] else (low, middle - 1)
    return low
