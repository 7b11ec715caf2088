"""Which functions become `async def`: those that await, those that call them, up to the loop or the task that starts them."""

import contextlib
import importlib
from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.generators import convert_generator, is_generator, iterate
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit
from iomodels.migrate.standard import STANDARD_LIBRARY

__all__ = ["called", "colour", "overrides", "reach", "references"]


def called(tree: Tree, names: Names, places: Sequence[cst.CSTNode]) -> list[cst.FunctionDef]:
    """The functions of the file that are called in some places, directly or through each other."""
    found: list[cst.FunctionDef] = []
    todo = list(places)
    while todo:
        place = todo.pop()
        for call in tree.all(cst.Call):
            if not tree.within(call, place):
                continue
            owner = names.class_called(call.func)
            function = names.find_method(owner, "__init__") if owner is not None else names.function(call.func)
            for each in overrides(tree, names, function) if function is not None else names.held_functions(call.func):
                if each not in found:
                    found.append(each)
                    todo.append(each)
    return found


def reach(unit: Unit) -> list[cst.FunctionDef]:
    """The functions of the file that the region and the roots call, directly or through each other, and the roots."""
    begun = [*unit.roots, *unit.plain]
    places = ([unit.region] if unit.region is not None else []) + begun
    return list({id(each): each for each in (*begun, *called(unit.tree, unit.names, places))}.values())


def colour(unit: Unit, reached: list[cst.FunctionDef]) -> list[cst.FunctionDef]:
    """Make functions `async def` and await their calls. Returns them. Raises Refused."""
    done: list[cst.FunctionDef] = []
    todo = list(unit.roots)
    for node in unit.waiting:
        todo += _holder(unit, node)
    while todo:
        function = todo.pop()
        if function in done:
            continue
        done.append(function)
        todo += overrides(unit.tree, unit.names, function)
        _check(unit, function, reached)
        unit.make_async(function)
        if generator := is_generator(unit, function):
            convert_generator(unit, function)
        for reference in references(unit, function):
            if id(reference) in unit.consumed:
                continue
            call = unit.tree.parent(reference)
            if not isinstance(call, cst.Call) or call.func is not reference:
                raise Refused("called-from-elsewhere", reference, f"`{unit.tree.code(reference)}` is used without being called")
            if generator:
                iterate(unit, call)
            else:
                unit.await_call(call)
            todo += _holder(unit, call)
    return done


def _holder(unit: Unit, node: cst.CSTNode) -> list[cst.FunctionDef]:
    """The function that must become `async def` for a node in it to await; none where it is, and in the region itself."""
    function = unit.tree.function(node)
    while isinstance(function, cst.Lambda):  # one that a loop iterated over: it goes
        function = unit.tree.function(function)
    if unit.region is not None and unit.tree.within(node, unit.region):
        if function is None or not unit.tree.within(function, unit.region):
            return []
    elif function is None:
        raise Refused("called-from-elsewhere", node, f"`{unit.tree.code(node)}` is called while the module is imported")
    assert isinstance(function, cst.FunctionDef)
    return [function] if function.asynchronous is None else []


def _check(unit: Unit, function: cst.FunctionDef, reached: list[cst.FunctionDef]) -> None:
    """Raise Refused unless a function can become `async def`."""
    name, tree = function.name.value, unit.tree
    owner = tree.class_of(function)
    decorators = {tree.code(each.decorator) for each in function.decorators}
    if function not in reached:
        raise Refused("called-from-elsewhere", function, f"`{name}` is not seen to be called by the conversation")
    if decorators - {"staticmethod", "classmethod"}:
        raise Refused("cannot-become-async", function, f"`{name}` is decorated")
    if name.startswith("__") and name.endswith("__"):
        raise Refused("cannot-become-async", function, f"Python itself calls `{name}`, and does not await it")
    if len({is_generator(unit, each) for each in overrides(tree, unit.names, function)}) > 1:
        raise Refused("cannot-become-async", function, f"`{name}` is a generator in one class, and none in another")
    if owner is None:
        return
    if function not in [*unit.roots, *unit.plain] and (base := _base_with(unit, owner, name)):
        raise Refused("cannot-become-async", function, f"`{base}` may call `{name}`, and would not await it")


def overrides(tree: Tree, names: Names, function: cst.FunctionDef) -> list[cst.FunctionDef]:
    """A function; a method with all that override it, or that it overrides: whoever calls one may call another."""
    owner = tree.class_of(function)
    if owner is None or function.name.value == "__init__":
        return [function]
    family = [other for other in tree.all(cst.ClassDef) if names.root(other) is names.root(owner)]
    own = (each for other in family for each in other.body.body if isinstance(each, cst.FunctionDef))
    return [each for each in own if each.name.value == function.name.value]


def _base_with(unit: Unit, owner: cst.ClassDef, name: str) -> str:
    """A base from a library that has, or may have, a method of that name; "" for none."""
    for base in owner.bases:
        module, _, kind = unit.names.qualified(base.value).rpartition(".")
        if isinstance(base.value, cst.Name) and base.value.value in unit.names.classes:
            continue
        if module.partition(".")[0] not in STANDARD_LIBRARY:
            return unit.tree.code(base.value)
        with contextlib.suppress(ImportError):  # one that this Python has no more: then its shape knows its methods
            if hasattr(getattr(importlib.import_module(module), kind, None), name):
                return unit.tree.code(base.value)
    return ""


def references(unit: Unit, function: cst.FunctionDef) -> list[cst.BaseExpression]:
    """Every place that names a function. Raises Refused where one may, and cannot be told."""
    names, owner = unit.names, unit.tree.class_of(function)
    if owner is None:
        variable = names.variable(function.name)
        if variable is None or len(names.stores[variable]) != 1:
            raise Refused("called-from-elsewhere", function, f"`{function.name.value}` is more than one thing")
        return names.loads[variable]
    found: list[cst.BaseExpression] = []
    for node in unit.tree.all(cst.Attribute):
        if node.attr.value != function.name.value or _is_accept(unit, node):
            continue
        instance = names.instance(node.value) or names.class_called(node.value)
        if isinstance(node.value, cst.Call) and unit.tree.code(node.value.func) == "super":
            raise Refused("cannot-become-async", node, f"`{unit.tree.code(node)}` calls what is overridden")
        if instance is not None and names.find_method(instance, node.attr.value) is function:
            found.append(node)
        elif instance is None and not _another(unit, node.value):
            raise Refused(
                "called-from-elsewhere", node, f"`{unit.tree.code(node)}` may be `{owner.name.value}.{function.name.value}`"
            )
    return found


def _is_accept(unit: Unit, node: cst.Attribute) -> bool:
    """Whether it is the `accept` of the listening socket, which has been seen to."""
    return node.attr.value == "accept" and id(unit.tree.parent(node)) in unit.consumed


def _another(unit: Unit, node: cst.BaseExpression) -> bool:
    """Whether a value is known to be no instance of a class of this file: a library's, a literal, a connection."""
    if unit.names.qualified(node) or isinstance(node, cst.BaseString | cst.List | cst.Dict) or unit.ends_of(node) is not None:
        return True
    if isinstance(node, cst.Call):
        return bool(unit.names.qualified(node.func))
    variable = unit.names.variable(node)
    stores = unit.names.stores.get(variable, []) if variable is not None else []
    return bool(stores) and all(store.value is not None and _another_value(unit, store.value) for store in stores)


def _another_value(unit: Unit, value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.BaseString | cst.List | cst.Dict) or (
        isinstance(value, cst.Call) and bool(unit.names.qualified(value.func))
    )
