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
    from markupsafe import Markup, escape

    marked = {
        line for each in findings for line in range(each.place.line, min(each.place.end_line, each.place.line + SPAN - 1) + 1)
    }
    notes: dict[int, list[Markup]] = {}
    for each in findings:
        code = Markup('<a href="#{0}">{0}</a>' if each.rule in known else "<b>{0}</b>").format(each.rule)
        notes.setdefault(each.place.line, []).append(Markup('<span class="note">{} {}</span>').format(code, described(each)))
    shown: list[str] = []
    for first, last in _windows(sorted(marked), context, len(lines)):
        if shown:
            shown.append('<span class="gap">&#8943;</span>')
        for number, code in enumerate(_painted(lines, first, last), first):
            css = "line mark" if number in marked else "line"
            shown.append(f'<span class="{css}" data-n="{number}">{code}</span>')
            shown += [str(escape(note)) for note in notes.get(number, ())]
    return Markup("").join(map(Markup, shown))


def _windows(marked: Sequence[int], context: int, last: int) -> Iterator[tuple[int, int]]:
    """First and last line of each piece to be shown; pieces that touch are one."""
    start = end = 0
    for line in (each for each in marked if each <= last):  # the file may have become shorter
        if start and line - context <= end + 2:  # a gap takes a line as well
            end = min(line + context, last)
            continue
        if start:
            yield start, end
        start, end = max(line - context, 1), min(line + context, last)
    if start:
        yield start, end


def _painted(lines: Sequence[str], first: int, last: int) -> list[str]:
    """Lines as HTML. The lexer begins at the function round them: a file of thousands of lines costs no more than its pieces."""
    start = next((line for line in range(first, max(first - BACK, 0), -1) if OPENS.match(lines[line - 1])), first)
    text = "\n".join(printable(line.expandtabs(TAB))[:LONGEST] for line in lines[start - 1 : last])
    return _lexed(text)[first - start :]


def _lexed(text: str) -> list[str]:
    from markupsafe import escape
    from pygments.lexers.python import PythonLexer

    lines = [""]
    for kind, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
        css = _css(str(kind))
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append("")
            if piece:
                lines[-1] += f'<i class="{css}">{escape(piece)}</i>' if css and piece.strip() else str(escape(piece))
    return lines


@cache
def _css(kind: str) -> str:
    return next((css for name, css in PAINTED.items() if name in kind), "")
