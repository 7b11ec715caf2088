"""What a shape is, and where they are found: a file of `shapes/` that has a `SHAPE` is one, and nothing else names it."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["Plan", "Shape", "all_shapes"]


@dataclass(frozen=True)
class Plan:
    """A unit that was recognised. node: where it is. make: give the unit its edits; or raise Refused: nothing is changed."""

    node: cst.CSTNode
    make: Callable[[Unit], None]


@dataclass(frozen=True)
class Shape:
    """A shape. rule: the code of the rule that finds it. recognise: its units in a file; Refused for what cannot be proven."""

    rule: str
    name: str
    recognise: Callable[[Tree, Names], Iterable[Plan | Refused]]


@cache
def all_shapes() -> tuple[Shape, ...]:
    """Every shape, by the code of its rule."""
    folder = Path(__file__).parent / "shapes"
    modules = (
        importlib.import_module(f"iomodels.migrate.rewrite.shapes.{file.name}") for file in pkgutil.iter_modules([str(folder)])
    )
    shapes = (getattr(module, "SHAPE", None) for module in modules)
    return tuple(sorted((shape for shape in shapes if isinstance(shape, Shape)), key=lambda shape: (shape.rule, shape.name)))
