"""What moves in the new text: a method into its one caller, the conversation to where it belongs, or out of the way."""

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.shapes._found import POLLERS, SELECTORS
from iomodels.migrate.rewrite.shapes._tools import apart, code, contains, is_call_statement
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["lift", "put_inline", "start_directly"]


def put_inline(tree: Tree, names: Names) -> str:
    """The text in which a method that decides what its object is watched for stands where it is called, once."""
    edits = Edits(tree)
    for function in tree.all(cst.FunctionDef):
        owner, params = tree.class_of(function), function.params.params
        calls = [each for each in tree.all(cst.Call) if names.function(each.func) is function]
        if (
            owner is None
            or len(calls) != 1
            or len(params) != 1
            or calls[0].args
            or not isinstance(function.body, cst.IndentedBlock)
        ):
            continue
        line, caller = tree.statement(calls[0]), tree.method(calls[0])
        asks = [
            code(call.func)
            for call in contains(function)
            if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) and _asks(names, call.func)
        ]
        same = caller is not None and caller is not function and caller.params.params[0].name.value == params[0].name.value
        plain = not any(isinstance(each, cst.Return) for each in contains(function)) and is_call_statement(line) is calls[0]
        own = isinstance(calls[0].func, cst.Attribute) and code(calls[0].func.value) == params[0].name.value
        if not ({"modify"} & {ask.rpartition(".")[2] for ask in asks} and same and plain and own):
            continue
        local = {code(each.target) for each in contains(function) if isinstance(each, cst.AssignTarget)}
        if caller is None or any(isinstance(each, cst.Name) and each.value in local for each in contains(caller)):
            continue
        if not any(is_call_statement(inner) and code(inner).endswith(".close()") for inner in function.body.body):
            edits.replace(line, cst.FlattenSentinel(function.body.body))
            edits.remove(function)
    return apply(tree, edits).code if edits.changed else tree.text


def _asks(names: Names, func: cst.Attribute) -> bool:
    made = {names.qualified(value.func) for value in names.values(names.variable(func.value)) if isinstance(value, cst.Call)}
    return bool(made & (POLLERS | SELECTORS))


def start_directly(tree: Tree, names: Names, name: str) -> str:
    """The text in which what a conversation only calls, with just what it was given, is started in its place."""
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    params = [param.name.value for param in converse.params.params if names.self_class(param.name) is None]
    call = is_call_statement(converse.body.body[0]) if len(converse.body.body) == 1 else None
    if call is None or names.function(call.func) is None or [code(arg.value) for arg in call.args] != params:
        return tree.text
    owner = tree.class_of(converse)
    if any(arg.keyword is not None or arg.star for arg in call.args) or (owner is None) != isinstance(call.func, cst.Name):
        return tree.text
    edits = Edits(tree)
    for target in [arg.value for arg in tree.all(cst.Arg) if arg.keyword is not None and arg.keyword.value == "target"]:
        if names.function(target) is converse:
            edits.replace(target, call.func)
    edits.remove(converse)
    return apply(tree, edits).code


def lift(tree: Tree, names: Names, name: str) -> str:
    """The text in which the conversation stands at the top, where it needs nothing of the function that it was written in."""
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    host = tree.function(converse)
    if host is None:
        return tree.text
    local = {
        variable
        for variable, stores in list(names.stores.items())
        if not variable.attribute and any(tree.function(store.node) is host for store in stores)
    }
    own = names.variable(converse.name)
    if any(tree.within(load, converse) for variable in local if variable != own for load in names.loads[variable]):
        return tree.text
    edits = Edits(tree)
    top = next(above for above in tree.ancestors(converse) if tree.parent(above) is tree.module)
    blank = cst.EmptyLine(indent=False)
    first = converse.with_changes(leading_lines=[blank, blank])
    edits.edit(converse, "lift", lambda _: cst.RemoveFromParent())
    edits.edit(top, "lift", lambda updated: cst.FlattenSentinel([first, apart(updated)]))
    return apply(tree, edits).code
