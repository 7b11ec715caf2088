"""What is not compared: matches of regular expressions, and what has a name (dates, ports, ...)."""

import re
from collections.abc import Iterable, Sequence

__all__ = ["NAMES", "MaskError", "Masks"]

DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
NAMES = {
    "date": rb"\b\d{4}-\d\d-\d\d(?!\d)|\b(?:%s,? )?\d{1,2}[ -]%s[ -]\d{2,4}\b|\b(?:%s )?%s {1,2}\d{1,2}\b"
    % (DAY, MONTH, DAY, MONTH),
    "time": rb"(?<!\d)\d{1,2}:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:[+-]\d{4}|Z|UTC|GMT)\b)?|\b\d{10}\.\d+\b",
    "port": rb"(?<=:)\d{2,5}\b|(?<=\bport )\d{2,5}\b|(?<=\bport=)\d{2,5}\b",
    "pid": rb"(?<=\[)\d+(?=\])|(?<=\bpid[ =:])\d+\b",
    "id": rb"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b|\b(?=[a-fA-F]*\d)[0-9a-fA-F]{12,}\b",
    "address": rb"\b0x[0-9a-fA-F]+\b|\b\d{1,3}(?:\.\d{1,3}){3}\b",
}  # by regular expressions over bytes: of `address`, an object's in memory as well as a host's; in this order


class MaskError(ValueError):
    """A pattern that is none; the text is one line."""


class Masks:
    """Puts `<date>`, `<ignored>` and the like where something is not to be compared. Raises MaskError.

    ignore: regular expressions; where one has groups, what they match is not compared, else all of it. names: of NAMES.
    """

    def __init__(self, ignore: Sequence[str] = (), names: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        self._patterns = [(_compiled(text), b"<ignored>") for text in ignore]
        self._patterns += [(re.compile(NAMES[name]), b"<%s>" % name.encode()) for name in NAMES if name in self.names]

    def __call__(self, data: bytes, **known: Iterable[int]) -> bytes:
        """The bytes without what is not compared. known: numbers of a name, such as the server's port."""
        for name, numbers in known.items():
            if name in self.names:
                for number in numbers:
                    data = re.sub(rb"(?<!\d)%d(?!\d)" % number, b"<%s>" % name.encode(), data)
        for pattern, word in self._patterns:
            data = pattern.sub(lambda found, word=word: _blotted(found, word), data)  # type: ignore[misc]
        return data


def _compiled(text: str) -> re.Pattern[bytes]:
    try:
        return re.compile(text.encode("utf-8", "surrogateescape"))
    except re.error as error:
        raise MaskError(f"{text!r} is no regular expression: {error}") from error


def _blotted(found: re.Match[bytes], word: bytes) -> bytes:
    spans = sorted(found.span(number) for number in range(1, found.re.groups + 1) if found.span(number) != (-1, -1))
    whole, start, pieces = found[0], found.start(), []
    last = 0
    for begin, end in spans or [found.span()]:
        if begin - start >= last:
            pieces += [whole[last : begin - start], word]
            last = end - start
    return b"".join((*pieces, whole[last:]))
