"""The concept map: what each public name of a classic module is on asyncio, trio and anyio, from guide/data/concepts."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from guide.generate.contract import slug

__all__ = [
    "LIBRARIES",
    "MODULES",
    "Counterpart",
    "Documentation",
    "Row",
    "Section",
    "concepts",
    "concepts_count",
    "documentation",
    "importable",
    "sections",
]

DATA = Path(__file__).resolve().parents[1] / "data" / "concepts"
MODULES = ("select", "selectors", "socketserver", "asyncore", "asynchat", "socket")
LIBRARIES = ("asyncio", "trio", "anyio")
MANUAL = "https://docs.python.org/3/library/"
OLD_MANUAL = "https://docs.python.org/3.11/library/"  # the last with asyncore and asynchat
GONE = ("asyncore", "asynchat")
FEW = 3  # names that a cell of the table shows in full


@dataclass(frozen=True)
class Counterpart:
    """What takes a name's place in one library: the names there (none where the loop does it, or nobody), and what to add."""

    names: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Row:
    """One name of a classic module, or several that are one thing.

    names: without the module's; the first is its heading. docs: where the manual has it. platform, since: where and from which
    Python on it is there, if not everywhere. same_behaviour: whether old and new are claimed to behave the same; shown_by: the
    cases of the contract and the tests that show what is said.
    """

    module: str
    names: tuple[str, ...]
    kind: str
    meaning: str
    docs: str
    counterparts: dict[str, Counterpart]
    changes: str
    platform: str = ""
    since: str = ""
    same_behaviour: bool = False
    shown_by: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """The anchor of its heading, here and on a code host."""
        return re.sub(r"[^\w-]", "", f"{self.module}.{self.names[0]}".lower())


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Documentation:
    """Where the counterparts are documented.

    urls: by name. since: the Python that a name came with, if we support older ones. only_on: the one sys.platform that has it.
    """

    urls: dict[str, str]
    since: dict[str, str]
    only_on: dict[str, str]


@cache
def sections(module: str) -> tuple[Section, ...]:
    """The rows of a classic module, in the order of its page."""
    read = tomllib.loads((DATA / f"{module}.toml").read_text(encoding="utf-8"))
    return tuple(Section(each["title"], tuple(_row(module, row) for row in each["row"])) for each in read["section"])


@cache
def documentation() -> Documentation:
    """Every counterpart with its place in its library's documentation."""
    read = tomllib.loads((DATA / "documentation.toml").read_text(encoding="utf-8"))
    urls = {name: read["base"][library] + place for library in LIBRARIES for name, place in read[library].items()}
    return Documentation(urls, read["since"], read["only_on"])


def importable(name: str) -> str:
    """A counterpart as Python finds it: `loop.` stands for the methods of a running loop."""
    return name.replace("loop.", "asyncio.AbstractEventLoop.", 1) if name.startswith("loop.") else name


def concepts(module: str) -> str:
    """The map of one module: for each section a table of names, then what there is to say about each."""
    blocks = []
    for section in sections(module):
        blocks.append(f"## {section.title}")
        blocks.append("\n".join(["| name | asyncio | trio | anyio |", "|---|---|---|---|", *map(_line, section.rows)]))
        blocks += [block for row in section.rows for block in _entry(row)]
    return "\n\n".join(blocks)


def concepts_count() -> str:
    """How much the map holds, module by module."""
    lines = ["| module | public names | rows | same behaviour, shown |", "|---|---|---|---|"]
    total = [0, 0, 0]
    for module in MODULES:
        rows = [row for section in sections(module) for row in section.rows]
        counts = [sum(len(row.names) for row in rows), len(rows), sum(row.same_behaviour for row in rows)]
        total = [one + more for one, more in zip(total, counts, strict=True)]
        lines.append(f"| [{module}]({module}.md) | {' | '.join(map(str, counts))} |")
    lines.append(f"| all | {' | '.join(map(str, total))} |")
    return "\n".join([*lines, "", f"They name {len(documentation().urls)} counterparts."])


def _row(module: str, read: dict[str, Any]) -> Row:
    names = tuple(read["names"])
    manual = OLD_MANUAL if module in GONE else MANUAL
    return Row(
        module=module,
        names=names,
        kind=read["kind"],
        meaning=read["meaning"],
        docs=f"{manual}{module}.html#{read.get('docs', f'{module}.{names[0]}')}",
        counterparts={each: Counterpart(tuple(read[each]["names"]), read[each]["text"]) for each in LIBRARIES},
        changes=read["changes"],
        platform=read.get("platform", ""),
        since=read.get("since", ""),
        same_behaviour=read.get("same_behaviour", False),
        shown_by=tuple(read.get("shown_by", ())),
    )


def _line(row: Row) -> str:
    first, *others = (f"`{name}`" for name in row.names)
    shown = others if len(others) < FEW else [f"{len(others)} more"]
    cells = [", ".join([f"[{first}](#{row.anchor})", *shown])]
    for library in LIBRARIES:
        names = [name.removeprefix(f"{library}.") for name in row.counterparts[library].names]
        cells.append(_listed(names) or "none")
    return f"| {' | '.join(cells)} |"


def _entry(row: Row) -> list[str]:
    about = [row.kind.capitalize(), row.platform, f"Python {row.since} on" if row.since else ""]
    also = f" With {_listed(row.names[1:])}." if len(row.names) > 1 else ""
    points = [f"- **{library}**: {_counterpart(row.counterparts[library])}" for library in LIBRARIES]
    points.append(f"- **What changes**: {row.changes}")
    if row.shown_by:
        points.append(f"- **{'Same behaviour' if row.same_behaviour else 'Seen'}** in {', '.join(map(_shown, row.shown_by))}.")
    return [
        f"### `{row.module}.{row.names[0]}`",
        f"*{', '.join(filter(None, about))}.* {row.meaning}{also} ([Python's manual]({row.docs}))",
        "\n".join(points),
    ]


def _counterpart(counterpart: Counterpart) -> str:
    urls = documentation().urls
    names = ", ".join(f"[`{name}`]({urls[name]})" for name in counterpart.names)
    if not names or not counterpart.text:
        return counterpart.text or f"{names}."
    goes_on = counterpart.text[0].islower() and not counterpart.text.startswith((*LIBRARIES, "b''"))
    return f"{names}{'' if goes_on else '.'} {counterpart.text}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shown(by: str) -> str:
    """A link to a case of the contract, or to the file of a test, whose name is a sentence."""
    path, _, test = by.partition("::")
    if not test:
        return f"[{by}](../contract.md#{slug(by)})"
    return f'["{test.removeprefix("test_").replace("_", " ")}"](../../{path})'
