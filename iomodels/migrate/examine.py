"""One file, looked at by every rule."""

import ast
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from iomodels.migrate.classify import is_silent, units
from iomodels.migrate.content import bases, worth_parsing
from iomodels.migrate.finding import Finding, Kind, Place, Skipped, Unit
from iomodels.migrate.frameworks import belongs_to_loop
from iomodels.migrate.ignore import Ignore, comments
from iomodels.migrate.library import CLASSES
from iomodels.migrate.module import Class, Module, Node, analyse
from iomodels.migrate.rule import Rule, Spot, all_rules
from iomodels.migrate.syntax import Unparsed, parse

__all__ = ["Derived", "Record", "examine", "module_name", "place_of"]


@dataclass(frozen=True)
class Derived:
    """A class of a file that others may build on. name: dotted, as others import it. library: the library's classes above it.
    open: the names of what is above it in other files.
    """

    name: str
    library: tuple[str, ...]
    open: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """What one file gave. parsed: whether it was worth it; if not, bases has the last names of what its classes are made
    from.
    """

    lines: int
    parsed: bool = False
    findings: tuple[Finding, ...] = ()
    units: tuple[Unit, ...] = ()
    skipped: Skipped | None = None
    classes: tuple[Derived, ...] = ()
    bases: frozenset[bytes] = frozenset()
    ignores: tuple[Ignore, ...] = ()


def examine(path: str, data: bytes, elsewhere: Mapping[str, tuple[str, ...]] | None = None, *, always: bool = False) -> Record:
    """Look at one file.

    elsewhere: classes of other files, and the library's above them. always: parse it, whatever its bytes say.
    """
    lines = data.count(b"\n")
    if not always and not worth_parsing(data):
        return Record(lines, bases=bases(data))
    name, is_package = module_name(path)
    if belongs_to_loop(name):
        return Record(lines)
    try:
        text, tree = parse(data, path)
    except Unparsed as error:
        return Record(lines, True, skipped=Skipped(path, error.reason, error.text, error.line))
    module = analyse(text, path, tree, name=name, is_package=is_package, elsewhere=elsewhere or {})
    if is_silent(module):
        return Record(lines, True)
    classified = tuple(units(module))
    found = tuple(sorted(set(_findings(module, classified))))
    return Record(lines, True, found, classified, classes=tuple(_derived(module)), ignores=comments(text))


def _findings(module: Module, classified: tuple[Unit, ...]) -> Iterator[Finding]:
    if any(unit.kind is Kind.FRAMEWORK for unit in classified):
        return
    inside = Insides(module)
    for rule in all_rules():
        if rule.needs and not module.makes(rule.needs):
            continue
        for spot in rule.check(module):
            yield _finding(module, rule, spot, inside.unit(spot.node))


def _finding(module: Module, rule: Rule, spot: Spot, unit: str) -> Finding:
    return Finding(place_of(module, spot.node), rule.code, spot.text or rule.summary, spot.confidence, unit)


def place_of(module: Module, node: Node) -> Place:
    """Where a node stands. The parser counts columns in bytes of UTF-8, people in characters. A class or function is its
    first line.
    """
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    end_line, end_column = getattr(node, "end_lineno", None) or line, getattr(node, "end_col_offset", None) or column
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.While | ast.For | ast.With | ast.Try):
        end_line, end_column = line, len(module.lines[line - 1].encode())
    return Place(
        module.path,
        line,
        _characters(module, line, column) + 1,
        end_line,
        _characters(module, end_line, end_column) + 1,
    )


def _characters(module: Module, line: int, column: int) -> int:
    text = module.lines[line - 1] if line <= len(module.lines) else ""
    return column if text.isascii() else len(text.encode()[:column].decode(errors="replace"))


class Insides:
    """Which class a place is in."""

    def __init__(self, module: Module) -> None:
        outermost = [class_ for class_ in module.classes if not isinstance(class_.parent, Class)]
        self._spans = [(class_.node.lineno, class_.node.end_lineno or 0, class_.qualname) for class_ in outermost]

    def unit(self, node: Node) -> str:
        """The qualified name of the outermost class that a node is in, or ""."""
        line = getattr(node, "lineno", 0)
        return next((name for start, end, name in self._spans if start <= line <= end), "")


def _derived(module: Module) -> Iterator[Derived]:
    for class_ in module.classes:
        above = module.ancestors(class_)
        library = tuple(sorted(base for base in above if base in CLASSES))
        foreign = tuple(sorted(base for base in above if base[0] != "." and base not in library))
        if library or foreign:
            yield Derived(f"{module.name}.{class_.qualname}" if module.name else class_.qualname, library, foreign)


def module_name(path: str) -> tuple[str, bool]:
    """The dotted name under which others import a file, as far up as folders have an `__init__.py`; and whether it is one."""
    folder, file = os.path.split(path)
    stem = file.rpartition(".")[0] or file
    parts = [] if stem == "__init__" else [stem]
    while folder and os.path.isfile(f"{folder}{os.sep}__init__.py"):  # noqa: PTH113 - asked of each file of a tree
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    return ".".join(parts), stem == "__init__"
