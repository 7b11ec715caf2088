"""A model's file cut into fragments, one for each step, so that four files can be laid side by side.

A step begins at its comment (`# wait`, or `# wait: and a reason`) and ends where the next one begins. The `def` and `class`
lines between two steps belong to the one that follows. What stands before the first `def` or `class` is the head, and what
stands at the left margin after the last step is the tail. So each line after the docstring is in one fragment, but for blank
lines at a fragment's edges, which are in none.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HEAD", "TAIL", "Fragment", "aligned", "by_function", "by_step", "docstring", "missing", "sibling", "whole"]

HEAD = "head"
TAIL = "tail"

MARKER = re.compile(r"( *)# (\w+)(?::.*)?")
DEFINITION = re.compile(r"( *)(?:@|(?:async )?def |class )")
AT_THE_MARGIN = re.compile(r"[^\s)\]}]")  # a statement; a bracket closes one that began above


@dataclass(frozen=True)
class Fragment:
    """Lines `first` to `last` of a file, counted from 1; step: the step's name, a function's, HEAD or TAIL."""

    step: str
    first: int
    last: int


def docstring(source: str) -> str:
    """The module's docstring, or an empty string. Raises SyntaxError."""
    return ast.get_docstring(ast.parse(source)) or ""


def sibling(path: Path, root: Path) -> Path | None:
    """The file below `root` whose `serve` this one imports, or None."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and any(alias.name == "serve" for alias in node.names):
            return root.joinpath(*node.module.split(".")).with_suffix(".py")
    return None


def by_step(source: str, steps: Sequence[str]) -> list[Fragment]:
    """The fragments in the file's order. A step whose comment occurs twice has two."""
    lines = source.splitlines()
    begin = _after_docstring(source)
    first_definition = next((n for n in range(begin, len(lines) + 1) if DEFINITION.match(lines[n - 1])), len(lines) + 1)
    cuts = [(HEAD, begin)]
    step_before: tuple[int, int] | None = None  # its line and its indentation
    for number, step, indent in _markers(lines, steps):
        between = range(step_before[0] + 1, number) if step_before else range(first_definition, number)
        depth = step_before[1] if step_before else 1
        cuts.append((step, next((n for n in between if _is_another_definition(lines[n - 1], depth)), number)))
        step_before = number, indent
    after = range(step_before[0] + 1 if step_before else first_definition, len(lines) + 1)
    cuts.append((TAIL, next((n for n in after if AT_THE_MARGIN.match(lines[n - 1])), len(lines) + 1)))
    return _fragments(lines, cuts)


def by_function(source: str) -> list[Fragment]:
    """A fragment for each function and class at the left margin, for files that have no steps."""
    lines = source.splitlines()
    cuts, reached = [(HEAD, _after_docstring(source))], len(lines)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            cuts.append((node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)])))
            reached = node.end_lineno or node.lineno
    after = range(reached + 1, len(lines) + 1)
    cuts.append((TAIL, next((n for n in after if AT_THE_MARGIN.match(lines[n - 1])), len(lines) + 1)))
    return _fragments(lines, cuts)


def whole(source: str) -> list[Fragment]:
    """Head and tail alone, for a file that has its code from a sibling: imports and constants, and what comes after them."""
    lines = source.splitlines()
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If
    tail = next((node.lineno for node in ast.parse(source).body if isinstance(node, kinds)), len(lines) + 1)
    return _fragments(lines, [(HEAD, _after_docstring(source)), (TAIL, tail)])


def missing(fragments: Iterable[Fragment], steps: Iterable[str]) -> list[str]:
    """The steps that have no fragment."""
    found = {fragment.step for fragment in fragments}
    return [step for step in steps if step not in found]


def aligned(files: Sequence[Sequence[Fragment]]) -> list[str]:
    """The rows of a page: the steps of the first file in its order; what only others have, behind what it follows there."""
    rows: list[str] = []
    for fragments in files:
        place = 0
        for fragment in fragments:
            if fragment.step in rows:
                place = max(place, rows.index(fragment.step) + 1)
            else:
                rows.insert(place, fragment.step)
                place += 1
    return rows


def _after_docstring(source: str) -> int:
    body = ast.parse(source).body
    first = body[0] if body else None
    has_one = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return (first.end_lineno or 0) + 1 if first is not None and has_one else 1


def _markers(lines: Sequence[str], steps: Sequence[str]) -> Iterator[tuple[int, str, int]]:
    for number, line in enumerate(lines, 1):
        marker = MARKER.fullmatch(line)
        if marker and marker[2] in steps:
            yield number, marker[2], len(marker[1])


def _is_another_definition(line: str, depth: int) -> bool:
    """Whether a function or class begins that is not part of what is indented by `depth`."""
    definition = DEFINITION.match(line)
    return definition is not None and len(definition[1]) < depth


def _fragments(lines: Sequence[str], cuts: Sequence[tuple[str, int]]) -> list[Fragment]:
    fragments = []
    ends = [begin - 1 for _, begin in cuts[1:]] + [len(lines)]
    for (step, begin), end in zip(cuts, ends, strict=True):
        numbers = [number for number in range(begin, end + 1) if lines[number - 1].strip()]
        if numbers:
            fragments.append(Fragment(step, numbers[0], numbers[-1]))
    return fragments
