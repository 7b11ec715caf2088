"""Built-in functions that get the file of a socket: `iter(file.readline, b"")`, `enumerate(file)`, `print(..., file=file)`."""

import libcst as cst

from iomodels.migrate.rewrite.iterating import as_while, iterated_by
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.targets._file import NUMBERED, PRINT_TO
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["iterate_lines", "number_lines", "print_into"]

WORDS = {"file", "sep", "end", "flush"}


def iterate_lines(unit: Unit, readline: cst.Attribute, *, text: bool) -> cst.Call | None:
    """Let a loop over `iter(file.readline, b"")` ask for each line; None when it is something else. Raises Refused."""
    loop = iterated_by(unit.tree, unit.names, readline)
    if loop is None:
        return None
    variable = unit.names.variable(readline.value)
    stores = unit.names.stores[variable] if variable is not None else []
    if (
        variable is None
        or (variable.attribute and len(stores) > 1)
        or any(unit.tree.within(each.node, loop) for each in stores)
    ):
        raise Refused("connection-escapes", readline, f"`{unit.tree.code(readline.value)}` may be another file meanwhile")
    assert isinstance(loop.iter, cst.Call)
    end = loop.iter.args[1].value
    assert isinstance(end, cst.SimpleString)
    if end.evaluated_value != ("" if text else b""):
        raise Refused(
            "connection-escapes", end, f"{unit.tree.code(end)} is not the end of input, at which the loop goes on for ever"
        )
    unit.wait(readline)
    unit.edits.edit(loop, "while", as_while)
    return loop.iter


def number_lines(unit: Unit, call: cst.Call) -> bool:
    """Let a loop over `enumerate(file)` be `async for`; says whether it is one."""
    loop = unit.tree.parent(call)
    if unit.names.qualified(call.func) != "builtins.enumerate" or not isinstance(loop, cst.For) or loop.iter is not call:
        return False
    start = call.args[1:]
    if any(each.star or not isinstance(each.value, cst.Integer) for each in start) or call.args[0].keyword is not None:
        return False
    unit.edits.need(NUMBERED)
    unit.edits.replace(call.func, cst.Name(NUMBERED.name))
    unit.consumed.add(id(call))
    unit.wait(call)
    unit.make_async(loop)
    return True


def print_into(unit: Unit, call: cst.Call, argument: cst.Arg) -> list[str]:
    """Let `print(..., file=file)` write to the file; gives the methods of the file that it stands for. Raises Refused."""
    named = {each.keyword.value: each.value for each in call.args if each.keyword is not None}
    known = all(isinstance(named[word], cst.SimpleString) or _is(named[word], "None") for word in {"sep", "end"} & named.keys())
    if not known or named.keys() - WORDS or any(each.star == "**" for each in call.args):
        raise Refused("connection-escapes", call, f"what `{unit.tree.code(call)}` writes cannot be told")
    unit.edits.need(PRINT_TO)

    def edit(updated: cst.Call) -> cst.BaseExpression:
        place = next(index for index, each in enumerate(call.args) if each is argument)
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        rest = [*updated.args[:place], *updated.args[place + 1 :]]
        if rest:
            rest[-1] = rest[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        first = cst.Arg(updated.args[place].value, comma=comma if rest else cst.MaybeSentinel.DEFAULT)
        new = updated.with_changes(func=cst.Name(PRINT_TO.name), args=[first, *rest])
        return unit.awaited(call, unit.tree.module.code_for_node(new))

    unit.consumed.add(id(call))
    unit.wait(call)
    unit.edits.edit(call, "print", edit)
    return ["write", "flush"] if "flush" in named and _is(named["flush"], "True") else ["write"]


def _is(node: cst.BaseExpression, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name
