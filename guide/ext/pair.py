"""The directive `pair`: a model's four files side by side, aligned by their steps.

    ```{pair} select
    ```

takes models/select.py and the three of async_models/. A row is a step, in the classic file's order. On the left stands the
classic file, on the right the library that is chosen by a tab, in step with all other tabs of the site; on a wide screen all
four. `:steps:` names other steps than a server's six; empty, the files have none and are aligned by their functions.

A file or a step that is missing is a warning, which breaks the build (-W).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from guide.ext import fragments, listing, sources, words
from guide.ext.fragments import HEAD, TAIL, Fragment

__all__ = ["setup"]

CLASSIC = "classic"
LIBRARIES = ("asyncio", "trio", "anyio")
STEPS = ("listen", "wait", "accept", "read", "reply", "close")
TITLES = {HEAD: "imports", TAIL: "run"}
SAYS = {
    HEAD: "what the file takes from elsewhere, and its constants",
    "listen": "the listening socket is made ready, and what belongs to it is set up",
    "connect": "the server is called",
    "wait": "where the program sleeps, and for what",
    "accept": "a client becomes a peer",
    "read": "bytes arrive",
    "reply": "what is owed goes out",
    "send": "what is to be said goes out",
    "type": "the keyboard is read",
    "close": "the connection is given up, and its descriptor is free",
    TAIL: "the lines that run it",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """A fragment of one file, as it stands in a cell."""

    path: str
    lines: Sequence[str]
    fragment: Fragment


@dataclass
class Column:
    """One of the four.

    path: its file, from the root. source: the file that its code is in, if that is a sibling's.
    """

    library: str
    path: str
    words: str
    source: str | None
    parts: list[Part]

    @property
    def order(self) -> list[Fragment]:
        return [part.fragment for part in self.parts]


class Pair(SphinxDirective):
    """See the module."""

    required_arguments = 1
    option_spec: ClassVar[Any] = {"steps": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        self.model = self.arguments[0]
        self.steps = tuple((self.options["steps"] or "").split()) if "steps" in self.options else STEPS
        self.root = sources.root_of(self.env)
        self.env.metadata[self.env.docname].update(sources.NO_SIDEBAR)
        places = {CLASSIC: f"models/{self.model}.py"}
        places |= {library: f"async_models/{library}/{self.model}.py" for library in LIBRARIES}
        columns = [column for library, path in places.items() if (column := self._column(library, path))]
        rows = fragments.aligned([column.order for column in columns])
        if TAIL in rows:
            rows.remove(TAIL)
            rows.append(TAIL)
        html = [
            f'<div class="pair" role="group" aria-label="models/{escape(self.model)}.py and its pairs">',
            self._bar(rows),
            self._row("pair-head", [(column, self._head(column)) for column in columns]),
            self._row("pair-words", [(column, column.words) for column in columns]),
            *(self._step(row, columns) for row in rows),
            "</div>",
        ]
        return [nodes.raw("", "\n".join(html), format="html")]

    def _column(self, library: str, path: str) -> Column | None:
        text = self._read(path)
        if text is None:
            return None
        said = words.paragraphs(fragments.docstring(text), self._source, lambda model: f"{model}.html")
        found = fragments.sibling(self.root / path, self.root) if self.steps else None
        if found is None:
            return Column(library, path, said, None, self._parts(path, text))
        other = found.relative_to(self.root).as_posix()
        text_of_other = self._read(other)
        own = [Part(path, self._lines(path), fragment) for fragment in fragments.whole(text)]
        parts = self._parts(other, text_of_other) if text_of_other else []
        parts = [*own[:1], *(part for part in parts if part.fragment.step != TAIL), *own[1:]]
        return Column(library, path, said, other, parts)

    def _read(self, path: str) -> str | None:
        file = self.root / path
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            logger.warning("pair %s: %s cannot be read: %s", self.model, path, error.strerror, location=self.get_location())
            return None
        self.env.note_dependency(str(file))
        sources.note(self.env, self.env.docname, path)
        return text

    def _lines(self, path: str) -> list[str]:
        return listing.lines_of(self.root / path)

    def _parts(self, path: str, text: str) -> list[Part]:
        cut = fragments.by_step(text, self.steps) if self.steps else fragments.by_function(text)
        for step in fragments.missing(cut, self.steps):
            logger.warning("pair %s: %s has no comment '# %s'", self.model, path, step, location=self.get_location())
        lines = self._lines(path)
        return [Part(path, lines, fragment) for fragment in cut]

    def _source(self, path: str, line: int | None = None) -> str:
        return sources.address(self.env.docname, path, line)

    def _bar(self, rows: Sequence[str]) -> str:
        """The steps, the libraries' tabs, which sphinx-design's script keeps in step with all others, and the wide view."""
        named = self.steps or [row for row in rows if row not in (HEAD, TAIL)]
        links = "".join(f'<a href="#step-{row}" data-step="{row}">{row}</a>' for row in rows if row in named)
        tabs = "".join(
            f'<input type="radio" name="pair-library" id="pair-{library}"{" checked" if library == LIBRARIES[0] else ""}>'
            f'<label class="sd-tab-label" data-sync-group="library" data-sync-id="{library}"'
            f' for="pair-{library}">{library}</label>'
            for library in LIBRARIES
        )
        return (
            '<div class="pair-bar">'
            f'<nav class="pair-steps" aria-label="{"Steps" if self.steps else "Functions"}">{links}</nav>'
            f'<div class="sd-tab-set pair-tabs" role="radiogroup" aria-label="Library on the right">{tabs}</div>'
            '<button type="button" class="pair-wide" aria-pressed="false">four columns</button>'
            "</div>"
        )

    def _row(self, name: str, cells: Sequence[tuple[Column, str]]) -> str:
        shown = "".join(f'<div class="pair-cell" data-library="{column.library}">{html}</div>' for column, html in cells)
        return f'<div class="pair-row {name}">{shown}</div>'

    def _head(self, column: Column) -> str:
        on = "" if column.library == CLASSIC else f" --on {column.library}"
        kind = re.search(r">?\bAn? (literal|idiomatic) counterpart", column.words)
        badge = f' <span class="pair-kind {kind[1]}">{kind[1]}</span>' if kind else ""
        borrowed = ""
        if column.source:
            other = Path(column.source).stem
            borrowed = (
                f'<br>as <a href="{other}.html">{other}</a>:'
                f' its code is <a href="{self._source(column.source)}">{column.source}</a>'
            )
        return (
            f'<span class="pair-library">{column.library}</span>{badge} '
            f'<a href="{self._source(column.path)}">{column.path}</a>{borrowed}<br>'
            f'<code class="pair-command">python -m models.{self.model}{on}</code>'
        )

    def _step(self, row: str, columns: Sequence[Column]) -> str:
        cells = []
        for column in columns:
            parts = [part for part in column.parts if part.fragment.step == row]
            html = [f'<span class="pair-where">{column.library}</span>']
            for part in parts:
                if column.source:
                    line = part.fragment.first
                    html.append(f'<a class="pair-file" href="{self._source(part.path, line)}">{part.path}</a>')
                html.append(listing.block(part.lines, part.fragment.first, part.fragment.last))
            if not parts:
                html.append('<p class="pair-none">nothing of the kind here</p>')
            cells.append((column, "".join(html)))
        says = SAYS.get(row, "") if self.steps or row in TITLES else ""
        return (
            f'<section class="pair-section" id="step-{row}" data-step="{row}">'
            f'<h2><a href="#step-{row}">{TITLES.get(row, row)}</a> <small>{says}</small></h2>'
            f"{self._row('pair-code', cells)}</section>"
        )


def setup(app: Sphinx) -> None:
    app.add_directive("pair", Pair)
