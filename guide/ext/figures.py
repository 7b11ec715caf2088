"""Figures of guide/figures/ stand in the page itself, so that they follow its colours and can be read aloud.

An SVG that is an `<img>` knows nothing of the page; one that is part of it does. Its ids are made unique in the page, and it is
announced as an image with its title and description.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

__all__ = ["inlined", "setup"]

logger = logging.getLogger(__name__)

PROLOGUE = re.compile(r"\A\s*(?:<\?xml.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE.*?>\s*)*", re.DOTALL)
ID = re.compile(r"""(?<=\sid=["'])([^"']+)""")
REFERENCE = re.compile(r"""(?<=url\(#)([^)"']+)|(?<=href=["']\#)([^"']+)|(?<=href="\#)([^"]+)""")
LABELS = re.compile(r"""(aria-(?:labelledby|describedby)=["'])([^"']+)""")
DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)\s*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
STYLE = re.compile(r"(<style[^>]*>)(.*?)(</style>)", re.DOTALL)


def inlined(svg: str, name: str, alt: str = "") -> str:
    """An SVG file's text as part of an HTML page in which its ids begin with `name`.

    alt: what it is called if it has no title. Rules for a dark scheme become rules for the site's dark mode, and all its rules
    are kept from the rest of the page.
    """
    svg = PROLOGUE.sub("", svg).strip()
    known = set(ID.findall(svg))
    svg = ID.sub(lambda found: f"{name}-{found[1]}", svg)
    svg = REFERENCE.sub(lambda found: f"{name}-{found[0]}" if found[0] in known else found[0], svg)
    svg = LABELS.sub(lambda found: found[1] + " ".join(f"{name}-{each}" for each in found[2].split()), svg)
    svg = STYLE.sub(lambda found: found[1] + _scoped(found[2], name, known) + found[3], svg)
    head, rest = svg.split(">", 1)
    head = re.sub(r"""\s(?:role|class)=["'][^"']*["']""", "", head)
    if not re.search(r"\sid=", head):
        head += f' id="{name}"'
    if "aria-label" not in head and "<title" not in rest:
        head += f' aria-label="{escape(alt)}"'
    return f'{head} role="img" class="drawn {name}">{rest}'


def _scoped(css: str, name: str, ids: set[str]) -> str:
    """Its rules, nested in its own class; those for a dark scheme behind the site's switch."""
    css = re.sub(r"#([A-Za-z][\w-]*)(?=[^{}]*\{)", lambda found: f"#{name}-{found[1]}" if found[1] in ids else found[0], css)
    css = re.sub(r"(?<![\w-])(?::root|svg)(?![\w-])", "&", css)
    dark = "".join(found[1] for found in DARK.finditer(css))
    light = DARK.sub("", css).strip()
    nested = f".drawn.{name} {{ {light} }}"
    return nested + (f' html[data-theme="dark"] .drawn.{name} {{ {dark.strip()} }}' if dark else "")


class InlineFigures(SphinxTransform):
    """Put the SVGs into the page."""

    default_priority = 5  # before the images are collected

    def apply(self, **_: Any) -> None:
        for number, image in enumerate(list(self.document.findall(nodes.image)), 1):
            if not image["uri"].endswith(".svg") or "://" in image["uri"]:
                continue
            path = Path(self.env.srcdir, Path(self.env.docname).parent, image["uri"])
            try:
                svg = path.read_text(encoding="utf-8")
            except OSError:
                continue  # Sphinx says so
            self.env.note_dependency(str(path))
            html = inlined(svg, f"figure-{number}", image.get("alt", ""))
            shown = nodes.raw("", f'<span class="figure" tabindex="0">{html}</span>', format="html")
            image.replace_self(shown)


def setup(app: Sphinx) -> None:
    app.add_transform(InlineFigures)
