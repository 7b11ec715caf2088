"""Pages of source code: a link to a file of the project leads to a page of the site that shows it, as on a code host.

`[models/select.py](../../models/select.py)` is turned into a link to `source/models/select.py.html`. All models have such a
page, and all other files that a page links to.
"""

import os
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from guide.ext import listing

__all__ = ["NO_SIDEBAR", "address", "note", "root_of", "setup"]

FOLDER = "source"
SHOWN = {"", ".c", ".cfg", ".md", ".py", ".sh", ".toml", ".txt", ".yml"}  # text, as a reader would read it
LANGUAGES = {"Makefile": "Makefile"}

NO_SIDEBAR = {"html_theme.sidebar_secondary.remove": "true"}  # of the page's own contents, which needs room for code

logger = logging.getLogger(__name__)


def root_of(env: BuildEnvironment) -> Path:
    """The folder in which guide/ lies."""
    return Path(env.srcdir).parent


def address(docname: str, path: str, line: int | None = None) -> str:
    """The relative address, seen from a page, of the page that shows a file."""
    return f"{'../' * docname.count('/')}{FOLDER}/{path}.html{f'#L{line}' if line else ''}"


def note(env: BuildEnvironment, docname: str, path: str) -> None:
    """Remember that a page links to a file, by its path from the root."""
    noted(env).setdefault(docname, set()).add(path)


def noted(env: BuildEnvironment) -> dict[str, set[str]]:
    if not hasattr(env, "guide_sources"):
        env.guide_sources = {}  # type: ignore[attr-defined]
    found: dict[str, set[str]] = env.guide_sources  # type: ignore[attr-defined]
    return found


class LinkToSource(SphinxTransform):
    """Turn links to files into links to the pages that show them; MyST takes them for downloads."""

    default_priority = 5  # before the downloads are collected

    def apply(self, **_: Any) -> None:
        for file in list(self.document.findall(addnodes.download_reference)):
            self._turn(file, Path(self.env.srcdir, Path(self.env.docname).parent, file["reftarget"]))
        for page in list(self.document.findall(addnodes.pending_xref)):
            if page.get("refdomain") == "doc" and Path(page["reftarget"]).is_absolute():  # outside of the guide
                self._turn(page, Path(f"{page['reftarget']}.md"))

    def _turn(self, link: nodes.Element, path: Path) -> None:
        root, path = root_of(self.env), Path(os.path.normpath(path))
        if not path.is_file() or not path.is_relative_to(root) or path.suffix not in SHOWN:
            return
        name = path.relative_to(root).as_posix()
        note(self.env, self.env.docname, name)
        shown = nodes.reference("", "", *link.children, internal=True, refuri=address(self.env.docname, name))
        link.replace_self(shown)


def purge(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    noted(env).pop(docname, None)


def merge(_app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    noted(env).update({docname: paths for docname, paths in noted(other).items() if docname in docnames})


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The pages themselves: their names, what they show, and the template."""
    root = root_of(app.env)
    wanted = {name for names in noted(app.env).values() for name in names}
    for package in ("models", "async_models"):
        wanted |= {path.relative_to(root).as_posix() for path in (root / package).rglob("*.py")}
    for name in sorted(wanted):
        path = root / name
        try:
            lines = listing.coloured(path.read_text(encoding="utf-8"), LANGUAGES.get(path.name, path.name))
        except (OSError, UnicodeDecodeError) as error:
            logger.warning("%s cannot be shown: %s", name, error)
            continue
        body = f'<h1>{escape(name)}</h1>{_pair(app, name)}<div class="source">{listing.block(lines, 1, len(lines), "L")}</div>'
        yield f"{FOLDER}/{name}", {"title": name, "body": body, "meta": NO_SIDEBAR}, "page.html"


def _pair(app: Sphinx, name: str) -> str:
    """A link from a model's file to the page on which it stands beside its pairs."""
    docname = f"side_by_side/{Path(name).stem}"
    if not name.startswith(("models/", "async_models/")) or "/ground/" in name or docname not in app.env.found_docs:
        return ""
    return f'<p><a href="{"../" * (name.count("/") + 1)}{docname}.html">Beside its pairs</a></p>'


def setup(app: Sphinx) -> None:
    app.add_transform(LinkToSource)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("html-collect-pages", pages)
