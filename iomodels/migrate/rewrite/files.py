"""`makefile`: the file of a socket keeps its name and its methods; they are awaited, and `for line in file` is `async for`."""

import libcst as cst

from iomodels.migrate.rewrite.alone import use_before_close
from iomodels.migrate.rewrite.file_calls import iterate_lines, number_lines, print_into
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.parameters import parameter_of
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit
from iomodels.migrate.rewrite.withs import enter_async

__all__ = ["METHODS", "follow_files", "follow_variables"]

METHODS = {"readline": 1, "read": 1, "write": 1, "flush": 0, "close": 0}  # with how many arguments at most
TEXT_METHODS = {**METHODS, "readline": 0, "read": 0}
MODES = {"r", "w", "rw", "wr", "rb", "br", "wb", "bw", "rwb", "wrb", "rbw", "brw", "bwr", "wbr"}
AS_USUAL = {"buffering": ("-1", "None"), "newline": ("None",)}  # what makes the file that it would be anyway


def follow_files(unit: Unit, made: list[tuple[cst.Call, cst.BaseExpression]]) -> None:
    """Follow every file from its `makefile`. made: the calls, and their connections. Raises Refused."""
    text = {call for call, _ in made if "b" not in _mode(call)}
    if text and len(text) < len(made):
        raise Refused("connection-escapes", next(iter(text)), "the connection has files of text and of bytes")
    variables = [_convert(unit, call, node) for call, node in made]
    uses = follow_variables(unit, variables, {id(call) for call, _ in made}, TEXT_METHODS if text else METHODS)
    _look_at_flushes(uses)
    if text and {method for _, method in uses} >= {"write"} and any(_mode(call) != "w" for call in text):
        unit.note(made[0][0], "a text file forgot, when it was written to, the lines that it had read ahead; now they are read")
    use_before_close(unit, [call for call, method in uses if method != "close"])


def follow_variables(
    unit: Unit, variables: list[Variable], made: set[int], methods: dict[str, int]
) -> list[tuple[cst.Call, str]]:
    """Follow files that variables hold, and give what is called on them. made: what makes them, by identity. Raises Refused."""
    followed: set[Variable] = set()
    uses: list[tuple[cst.Call, str]] = []
    while todo := [each for each in variables if each not in followed]:
        for variable in todo:
            followed.add(variable)
            for load in unit.names.loads[variable]:
                _use(unit, load, variables, uses, methods)
    for variable in followed:
        _stores(unit, variable, followed, made)
    return uses


def _mode(call: cst.Call) -> str:
    mode = "r"
    for index, arg in enumerate(call.args):
        name = arg.keyword.value if arg.keyword is not None else ("mode", "buffering", "")[min(index, 2)]
        value = arg.value.evaluated_value if isinstance(arg.value, cst.SimpleString) else None
        as_usual = cst.Module([]).code_for_node(arg.value) in AS_USUAL.get(name, ())
        if name == "mode" and isinstance(value, str) and value in MODES:
            mode = value
        elif arg.star or not (as_usual or name in {"encoding", "errors"}):
            raise Refused("connection-escapes", call, "what `makefile` gives cannot be told")
    return mode


def _convert(unit: Unit, call: cst.Call, node: cst.BaseExpression) -> Variable:
    ends, parent = unit.ends_of(node), unit.tree.parent(call)
    op, more = unit.table.file, ""
    if "b" not in _mode(call):
        op = unit.table.text_file
        named = {arg.keyword.value: unit.tree.code(arg.value) for arg in call.args if arg.keyword is not None}
        more = "".join(f", {name}={named[name]}" for name in ("encoding", "errors") if name in named)
    new = cst.parse_expression(unit.use(op, ends, more))
    unit.edits.replace(call, new)
    target: cst.BaseExpression | None = None
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
        target = parent.targets[0].target
    elif isinstance(parent, cst.WithItem) and parent.asname is not None and isinstance(parent.asname.name, cst.Name):
        target = parent.asname.name
        enter_async(unit, parent)
    variable = unit.names.variable(target) if target is not None else None
    if variable is None:
        raise Refused("connection-escapes", call, "what becomes of the file cannot be followed")
    return variable


def _use(
    unit: Unit, node: cst.BaseExpression, variables: list[Variable], uses: list[tuple[cst.Call, str]], methods: dict[str, int]
) -> None:
    tree, parent = unit.tree, unit.tree.parent(node)
    match parent:
        case cst.Attribute(attr=cst.Name(value=method)) if method in methods and isinstance(
            call := tree.parent(parent), cst.Call
        ):
            if len(call.args) > methods[method] or any(arg.keyword is not None or arg.star for arg in call.args):
                raise Refused("connection-escapes", call, f"`{tree.code(call)}` has no counterpart")
            unit.consumed.add(id(call))
            uses.append((call, method))
            unit.await_call(call)
        case cst.Attribute(attr=cst.Name(value="readline")) if (
            call := iterate_lines(unit, parent, text=methods is TEXT_METHODS)
        ) is not None:
            uses.append((call, "readline"))
        case cst.For(iter=iterated) if iterated is node:
            unit.wait(node)
            unit.make_async(parent)
        case cst.WithItem(asname=None):
            enter_async(unit, parent)
        case cst.If(test=test) if test is node:
            pass  # whether there is one
        case cst.Comparison() if all(isinstance(each.operator, cst.Is | cst.IsNot) for each in parent.comparisons):
            pass
        case cst.Arg() if isinstance(call := tree.parent(parent), cst.Call) and number_lines(unit, call):
            uses.append((call, "readline"))
        case cst.Arg(keyword=cst.Name(value="file")) if (
            isinstance(call := tree.parent(parent), cst.Call) and unit.names.qualified(call.func) == "builtins.print"
        ):
            if methods is not TEXT_METHODS:
                raise Refused("connection-escapes", call, f"`{tree.code(node)}` is a file of bytes, and `print` writes text")
            uses += [(call, method) for method in print_into(unit, call, parent)]
        case cst.Arg() if isinstance(call := tree.parent(parent), cst.Call) and parent.keyword is None and not parent.star:
            index = next(index for index, arg in enumerate(call.args) if arg is parent)
            variables.append(parameter_of(unit, call.func, index, node))
        case cst.Assign() if (
            len(parent.targets) == 1 and (variable := unit.names.variable(parent.targets[0].target)) is not None
        ):
            variables.append(variable)
        case _:
            raise Refused(
                "connection-escapes", node, f"`{tree.code(node)}`, the connection's file, goes where it cannot be followed"
            )


def _stores(unit: Unit, variable: Variable, files: set[Variable], made: set[int]) -> None:
    for store in unit.names.stores[variable]:
        parent, value = unit.tree.parent(store.node), store.value
        if isinstance(parent, cst.Param) and store.function is not None:
            calls = [call for call in unit.tree.all(cst.Call) if unit.names.function(call.func) is store.function]
            for call in calls:
                if not any(unit.names.variable(arg.value) in files for arg in call.args):
                    raise Refused("connection-escapes", call, f"`{store.function.name.value}` gets another file here")
            if parent.annotation is not None:
                unit.edits.edit(parent, "annotation", lambda updated: updated.with_changes(annotation=None))
        elif value is None or not (id(value) in made or unit.names.variable(value) in files or unit.tree.code(value) == "None"):
            raise Refused("connection-escapes", store.node, f"`{unit.tree.code(store.node)}` holds something else as well")


def _look_at_flushes(uses: list[tuple[cst.Call, str]]) -> None:
    """A file that nobody flushed or closed was flushed by the garbage collector; nothing does that now."""
    methods = {method for _, method in uses}
    if "write" in methods and not methods & {"flush", "close"}:
        raise Refused("connection-escapes", uses[0][0], "what is written to the file is never flushed")
