"""A page for each rule of `iomodels scan`, made from the rule's own file when the guide is built: nothing keeps a list.

The pages are written to guide/migrate/rules/, which git ignores. A link to a rule's file, as it stands in tables that a code
host shows too, leads to its page here.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from guide.ext import sources
from iomodels.migrate.explain import LIBRARIES, Explanation, clauses, explain
from iomodels.migrate.rule import By, Rule, all_rules

__all__ = ["page", "plain", "setup"]

INDEX = "migrate/rules"  # the page that lists them, and the folder for theirs
FILES = "iomodels/migrate/rules"
WHO = {
    By.MACHINE: "`iomodels migrate` can do it.",
    By.BOTH: "`iomodels migrate` can do it in part.",
    By.HAND: "It is done by hand.",
}
MARKUP = re.compile(r"[*<\\\[]|(?<!\w)_")


def page(told: Explanation, title: str) -> str:
    """A rule's page. title: of the page of the guide that it refers to."""
    return "\n\n".join(_blocks(told, title)) + "\n"


def plain(text: str) -> str:
    """Text in which nothing but code between backticks is Markdown."""
    parts = text.split("`")
    return "`".join(MARKUP.sub(r"\\\g<0>", part) if place % 2 == 0 else part for place, part in enumerate(parts))


def _blocks(told: Explanation, title: str) -> Iterator[str]:
    rule = told.rule
    yield f"# {rule.code} {rule.name}"
    yield f"**{plain(_begun(rule.summary))}.** {WHO[rule.by]}"
    yield f"It finds {plain(told.matches[0].lower() + told.matches[1:])}"
    lines = sorted({mark.place.line for mark in told.marks})
    options = f":linenos:\n:emphasize-lines: {','.join(map(str, lines))}"
    yield f"```{{code-block}} python\n{options}\n\n{rule.example}```"
    yield "\n".join(f"- Line {mark.place.line}: {plain(mark.text)}." for mark in told.marks)
    if told.beside:
        yield f"In the same program: {', '.join(f'[{code}]({code}.md)' for code in told.beside)}."
    yield "## What it becomes"
    yield "\n".join(_tabs(rule))
    yield f"## The trap\n\n{plain(rule.trap)}"
    if told.case is not None:
        anchor = told.case.id.replace("/", "")
        yield f"Shown by [{told.case.id}](../../contract.md#{anchor}): {plain(told.case.says)}"
    file = f"../../../{FILES}/{rule.name.replace('-', '_')}.py"
    yield f"## See also\n\n[{title}](../../{rule.guide}), [all rules](../rules.md), [the rule itself]({file})."
    yield f"`iomodels scan --select {rule.code} .` looks for it alone, `# iomodels: ignore[{rule.code}]` on a line ignores it."


def _tabs(rule: Rule) -> Iterator[str]:
    """What it becomes on each library, in step with all other tabs of the site."""
    yield from ("::::{tab-set}", ":sync-group: library")
    for library in LIBRARIES:
        yield from (f":::{{tab-item}} {library}", f":sync: {library}", "```{code-block} text", ":class: becomes", "")
        yield from (*clauses(getattr(rule, library)), "```", ":::")
    yield "::::"


def _begun(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def write(app: Sphinx) -> None:
    """Write the pages, as far as they are not there as they should be, and remove those of rules that are gone."""
    root = Path(app.srcdir)
    folder = root / INDEX
    if not folder.with_suffix(".md").is_file():
        return
    folder.mkdir(exist_ok=True)
    pages = {
        folder / f"{rule.code}.md": page(explain(rule), _title(root / rule.guide.partition("#")[0])) for rule in all_rules()
    }
    for path, text in pages.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in set(folder.glob("*.md")) - set(pages):
        path.unlink()


def _title(path: Path) -> str:
    """The heading of a page; its name, if there is none: the link to it is then a warning."""
    try:
        return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    except (OSError, IndexError):
        return path.name


class LinkToRule(SphinxTransform):
    """Turn links to rules' files into links to their pages, but for those on the pages themselves."""

    default_priority = 4  # before they become links to pages of source code

    def apply(self, **_: Any) -> None:
        docname = self.env.docname
        if docname.startswith(f"{INDEX}/"):
            return
        codes = {f"{FILES}/{rule.name.replace('-', '_')}.py": rule.code for rule in all_rules()}
        for link in list(self.document.findall(addnodes.download_reference)):
            path = Path(self.env.srcdir, Path(docname).parent, link["reftarget"]).resolve()
            root = sources.root_of(self.env).resolve()
            code = codes.get(path.relative_to(root).as_posix()) if path.is_relative_to(root) else None
            if code is not None:
                uri = f"{'../' * docname.count('/')}{INDEX}/{code}.html"
                link.replace_self(nodes.reference("", "", *link.children, internal=True, refuri=uri))


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", write)
    app.add_transform(LinkToRule)
