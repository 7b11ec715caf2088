"""Functions that will await, and who calls them: up to coroutines that are there, or to the call that starts the program."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.colour import called, reach
from iomodels.migrate.rewrite.generators import is_generator
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.shapes._library import check_library
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["Callers", "callers", "run_program", "while_it_runs"]


@dataclass
class Callers:
    """functions: those that become `async def`. coroutines: those that are. tops: the calls outside of all functions."""

    functions: list[cst.FunctionDef] = field(default_factory=list)
    coroutines: list[cst.FunctionDef] = field(default_factory=list)
    tops: list[cst.Call] = field(default_factory=list)

    def touches(self, other: "Callers") -> bool:
        """Whether what one of two changes, the other changes as well."""
        return any(each is one for each in (*self.functions, *self.tops) for one in (*other.functions, *other.tops))


def callers(tree: Tree, names: Names, nodes: Sequence[cst.CSTNode]) -> Callers:
    """Who runs some nodes, as far as calls by name tell."""
    found = Callers()
    todo = [function for node in nodes if isinstance(function := tree.function(node), cst.FunctionDef)]
    while todo:
        function = todo.pop()
        if function in found.functions or function in found.coroutines:
            continue
        if function.asynchronous is not None:
            found.coroutines.append(function)
            continue
        found.functions.append(function)
        for call in tree.all(cst.Call):
            if not _runs(names, call, function):
                continue
            caller = tree.function(call)
            if isinstance(caller, cst.FunctionDef):
                todo.append(caller)
            elif caller is None:
                found.tops.append(call)
    return found


def _runs(names: Names, call: cst.Call, function: cst.FunctionDef) -> bool:
    """Whether a call runs a function of the file, or makes an instance that it initialises."""
    owner = names.class_called(call.func)
    return (names.find_method(owner, "__init__") if owner is not None else names.function(call.func)) is function


def run_program(unit: Unit, found: Callers) -> None:
    """Let the call that starts the program run the library; what was a coroutine function already awaits. Raises Refused."""
    tree = unit.tree
    for function in found.coroutines:
        check_library(unit, function)
    unit.plain += found.coroutines
    for function in found.functions:
        if function.name.value.startswith("__"):
            raise Refused(
                "cannot-become-async", function, f"Python itself calls `{function.name.value}`, and does not await it"
            )
        if not any(_runs(unit.names, call, function) for call in tree.all(cst.Call)):
            name = function.name.value
            given = unit.names.loads.get(variable) if (variable := unit.names.variable(function.name)) is not None else None
            if given:
                what = f"`{name}` is given to others in line {tree.line(given[0])}, who do not await it"
            else:
                what = f"nothing in this file calls `{name}`: others do, and do not await it"
            raise Refused("called-from-elsewhere", function, what)
        if _published(unit, function):
            raise Refused(
                "called-from-elsewhere", function, f"`__all__` names `{function.name.value}`, or its class, for others"
            )
    if not found.tops:
        return
    if len(found.tops) > 1:
        raise Refused("called-from-elsewhere", found.tops[1], "the program begins in more than one place")
    [top] = found.tops
    if any(isinstance(above, cst.ClassDef) for above in tree.ancestors(top)):
        raise Refused("called-from-elsewhere", top, f"`{tree.code(top)}` is called while a class is made")
    if any(is_generator(unit, each) and _runs(unit.names, top, each) for each in found.functions):
        raise Refused(
            "cannot-become-async", top, f"`{tree.code(top.func)}` is a generator, and is iterated over outside of all functions"
        )
    unit.region = top
    unit.consumed.add(id(top.func))
    library = unit.table.library
    unit.edits.imports.add(library.value)
    keywords = any(arg.keyword is not None or arg.star == "**" for arg in top.args)
    if keywords and library is not Target.ASYNCIO:
        unit.edits.imports.add("functools")

    def edit(updated: cst.Call) -> cst.BaseExpression:
        code = unit.tree.module.code_for_node
        if library is Target.ASYNCIO:
            return cst.parse_expression(f"asyncio.run({code(updated)})")
        arguments = "".join(f", {code(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT))}" for arg in updated.args)
        begun = f"{code(updated.func)}{arguments}"
        return cst.parse_expression(f"{library.value}.run({f'functools.partial({begun})' if keywords else begun})")

    unit.edits.edit(top, "run", edit)


def _published(unit: Unit, function: cst.FunctionDef) -> bool:
    """Whether a module says that others use a function, or the class that it belongs to."""
    owner = unit.tree.class_of(function)
    name = (owner or function).name.value
    for assign in unit.tree.all(cst.Assign):
        if unit.tree.code(assign.targets[0].target) == "__all__":
            return any(
                string.raw_value == name for string in unit.tree.all(cst.SimpleString) if unit.tree.within(string, assign)
            )
    return False


def while_it_runs(unit: Unit) -> None:
    """Raise Refused where a connection is used by what does not run in the library, but before it or after it."""
    tree, names = unit.tree, unit.names
    reached = reach(unit)
    for call, _, _ in unit.calls:
        if _function(tree, call) not in reached:
            raise Refused("called-from-elsewhere", call, f"`{tree.code(call)}` is not seen to be called while the library runs")
    users = [_function(tree, call) for call, _, _ in unit.calls]
    for call in tree.all(cst.Call):
        apart = unit.region is None or not (tree.within(call, unit.region) or tree.within(unit.region, call))
        outside = tree.function(call) is None and apart
        if outside and any(each is user for each in called(tree, names, [call]) for user in users):
            raise Refused("called-from-elsewhere", call, f"`{tree.code(call)}` uses a connection when the library does not run")


def _function(tree: Tree, node: cst.CSTNode) -> cst.CSTNode | None:
    function = tree.function(node)
    while isinstance(function, cst.Lambda):
        function = tree.function(function)
    return function
