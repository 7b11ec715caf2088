"""Source code as HTML: a few lines round each finding, those marked and named, in the colours of Python."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from iomodels.migrate.finding import Finding
from iomodels.migrate.output.words import described, printable

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["excerpt"]

TAB = 4
LONGEST = 200  # characters of a line that are shown
SPAN = 3  # lines of a finding of many lines that are marked
BACK = 400  # lines back that the beginning of a function is looked for
OPENS = re.compile(r"\s*(async\s+def|def|class)\s+\w")  # no string is open there
PAINTED = {  # what of a token's name gives it a colour: a class of the page's style
    "Keyword": "k",
    "String": "s",
    "Comment": "c",
    "Number": "m",
    "Name.Function": "f",
    "Name.Class": "f",
    "Name.Decorator": "f",
    "Name.Builtin": "b",
}


def excerpt(lines: Sequence[str], findings: Sequence[Finding], context: int, known: frozenset[str]) -> "Markup":
    """The lines of a file round findings, in their order. known: the rules that the page has a place for, to link to."""
    from markupsafe import Markup

    marked = {
        line for each in findings for line in range(each.place.line, min(each.place.end_line, each.place.line + SPAN - 1) + 1)
    }
    notes: dict[int, list[Markup]] = {}
    for each in findings:
        code = Markup('<a href="#{0}">{0}</a>' if each.rule in known else "<b>{0}</b>").format(each.rule)
        notes.setdefault(each.place.line, []).append(Markup('<span class="note">{} {}</span>').format(code, described(each)))
    shown: list[Markup] = []
    for first, last in _windows(sorted(marked), context, lines):
        if shown:
            shown.append(Markup('<span class="gap">&#8943;</span>'))
        for number, code in enumerate(_painted(lines, first, last), first):
            css = "line mark" if number in marked else "line"
            shown += [Markup('<span class="{}" data-n="{}">{}</span>').format(css, number, code), *notes.get(number, ())]
    return Markup("").join(shown)


def _windows(marked: Sequence[int], context: int, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and last line of each piece to be shown, without empty lines at its ends; pieces that touch are one."""
    pieces: list[tuple[int, int]] = []
    for line in (each for each in marked if each <= len(lines)):  # the file may have become shorter
        first, last = max(line - context, 1), min(line + context, len(lines))
        while first < line and not lines[first - 1].strip():
            first += 1
        while last > line and not lines[last - 1].strip():
            last -= 1
        if pieces and first <= pieces[-1][1] + 2:  # a gap takes a line as well
            pieces[-1] = pieces[-1][0], max(last, pieces[-1][1])
        else:
            pieces.append((first, last))
    yield from pieces


def _painted(lines: Sequence[str], first: int, last: int) -> "list[Markup]":
    """Lines as HTML. The lexer begins at the function round them: of a long file no more is read than is shown."""
    near = range(first, max(first - BACK, 0), -1)
    start = next((line for line in near if OPENS.match(lines[line - 1])), 1 if first <= BACK else first)
    text = "\n".join(_shown(line) for line in lines[start - 1 : last])
    return _lexed(text)[first - start :]


def _shown(line: str) -> str:
    return printable(line.expandtabs(TAB))[:LONGEST]


def _lexed(text: str) -> "list[Markup]":
    from markupsafe import Markup, escape
    from pygments.lexers.python import PythonLexer

    lines = [Markup("")]
    for kind, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
        css = _css(str(kind))
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append(Markup(""))
            lines[-1] += Markup('<i class="{}">{}</i>').format(css, piece) if css and piece.strip() else escape(piece)
    return lines


@cache
def _css(kind: str) -> str:
    return next((css for name, css in PAINTED.items() if name in kind), "")
