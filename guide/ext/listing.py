"""Source code as HTML: a span for each line, with its number, and with its indentation for where a long line goes on."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

__all__ = ["block", "coloured", "lines_of"]

LEADING = re.compile(r"((?:<span[^>]*>)*)( *)")
BREAKABLE = re.compile(r"(<[^>]*>)|([.,(\[{]+)(?=.)")


def coloured(source: str, name: str) -> list[str]:
    """The lines as HTML, coloured by what the file's name says that it is."""
    try:
        lexer = get_lexer_for_filename(name, stripnl=False, ensurenl=True)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False, ensurenl=True)
    html: str = highlight(source, lexer, HtmlFormatter(nowrap=True))
    return html.split("\n")[: len(source.splitlines())]


def lines_of(path: Path) -> list[str]:
    """The lines of a file, coloured. Raises OSError and UnicodeDecodeError."""
    return coloured(path.read_text(encoding="utf-8"), path.name)


def block(lines: Sequence[str], first: int, last: int, anchor: str = "") -> str:
    """Lines `first` to `last` as a code block; with an anchor each has the id `<anchor><number>`.

    The blanks at the beginning are there to be copied but take no room, which is the style's affair: so a long line can go on
    below, further in. It may be broken behind a dot, a comma and an opening bracket as well.
    """
    spans = []
    for number, line in enumerate(lines[first - 1 : last], first):
        leading = LEADING.match(line)
        tags, blanks = leading.groups() if leading else ("", "")
        code = BREAKABLE.sub(lambda found: found[1] or f"{found[2]}<wbr>", tags + line[len(tags) + len(blanks) :])
        name = f' id="{escape(anchor)}{number}"' if anchor else ""
        attributes = f'class="line"{name} data-n="{number}" style="--in:{len(blanks)}ch"'
        spans.append(f'<span {attributes}><span class="in">{blanks}</span>{code}\n</span>')
    return f'<div class="highlight listing"><pre>{"".join(spans)}</pre></div>'
