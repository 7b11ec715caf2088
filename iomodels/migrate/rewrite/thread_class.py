"""A subclass of Thread whose instance serves one connection: it becomes a plain class with a coroutine method `run`."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["convert_class", "is_thread", "truth"]

THREAD = "threading.Thread"
OF_THREADS = {
    "name",
    "ident",
    "native_id",
    "daemon",
    "getName",
    "is_alive",
    "isAlive",
    "join",
    "start",
    "isDaemon",
    "_target",
    "_args",
}
DROPPED = {"setDaemon", "setName"}


def is_thread(names: Names, owner: cst.ClassDef) -> bool:
    """Whether a class is a subclass of Thread, directly or through others of the file."""
    return any(names.qualified(base.value) == THREAD for base in owner.bases) or any(
        is_thread(names, base) for base in names.bases(owner)
    )


def convert_class(unit: Unit, owner: cst.ClassDef) -> tuple[cst.FunctionDef, bool]:
    """Take Thread out of a class's bases. Returns its `run`, and whether it is a daemon. Raises Refused."""
    run = unit.names.find_method(owner, "run")
    if len(owner.bases) != 1 or unit.names.qualified(owner.bases[0].value) != THREAD or owner.keywords:
        raise Refused("thread-is-used", owner, f"`{owner.name.value}` has other bases than Thread")
    if run is None:
        raise Refused("thread-is-used", owner, f"`{owner.name.value}` has no `run`")
    unit.edits.edit(
        owner,
        "no thread",
        lambda updated: updated.with_changes(bases=(), lpar=cst.MaybeSentinel.DEFAULT, rpar=cst.MaybeSentinel.DEFAULT),
    )
    daemon = [_drop_call(unit, call) for call in unit.tree.all(cst.Call) if unit.tree.within(call, owner)]
    return run, _look_for_thread(unit, owner) or any(daemon)


def truth(node: cst.BaseExpression) -> bool:
    """What a constant says. Raises Refused for anything else."""
    if isinstance(node, cst.Name) and node.value in {"True", "False"}:
        return node.value == "True"
    if isinstance(node, cst.Integer):
        return node.evaluated_value != 0
    raise Refused("thread-is-used", node, "whether the thread is a daemon cannot be told")


def _drop_call(unit: Unit, call: cst.Call) -> bool:
    """Take out `Thread.__init__(self)`, `super().__init__()`, `self.setDaemon(True)`. Returns whether it makes it a daemon."""
    statement, function = unit.tree.parent(call), call.func
    if not isinstance(function, cst.Attribute):
        return False
    of_super = (
        isinstance(function.value, cst.Call)
        and isinstance(function.value.func, cst.Name)
        and function.value.func.value == "super"
    )
    init = unit.names.qualified(function) == f"{THREAD}.__init__" or (of_super and function.attr.value == "__init__")
    dropped = unit.names.self_class(function.value) is not None and function.attr.value in DROPPED
    if (init or dropped) and isinstance(statement, cst.Expr):
        if any(arg.keyword is not None and arg.keyword.value not in {"name", "daemon", "group"} for arg in call.args):
            raise Refused("thread-is-used", call, "the thread is given more than its name")
        unit.consumed.add(id(call))
        if of_super:
            unit.consumed.add(id(function.value))
        unit.edits.remove(statement)
        told = [arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "daemon"]
        told += [arg.value for arg in call.args[:1] if function.attr.value == "setDaemon"]
        return any(truth(value) for value in told)
    return False


def _look_for_thread(unit: Unit, owner: cst.ClassDef) -> bool:
    """Refuse a class that asks what only a thread has; take out `self.daemon = True`. Returns whether it says so."""
    daemon = False
    for node in unit.tree.all(cst.Attribute):
        if unit.names.self_class(node.value) is not owner or node.attr.value not in OF_THREADS:
            continue
        target = unit.tree.parent(node)
        statement = unit.tree.parent(target) if target is not None else None
        if node.attr.value == "daemon" and isinstance(target, cst.AssignTarget) and isinstance(statement, cst.Assign):
            unit.edits.remove(statement)
            daemon = truth(statement.value)
        elif node.attr.value != "name" or not _is_text(unit, owner, node):
            raise Refused("thread-is-used", node, f"`{unit.tree.code(node)}` is the thread's")
    return daemon


def _is_text(unit: Unit, owner: cst.ClassDef, node: cst.Attribute) -> bool:
    """Whether `self.name` is a text that `__init__` gives it, once and before it is asked for: so may any attribute be."""
    names, tree, init = unit.names, unit.tree, unit.names.find_method(owner, "__init__")
    variable = names.variable(node)
    stores = names.stores[variable] if variable is not None else []
    if init is None or variable is None or len(stores) != 1 or tree.parent(tree.statement(stores[0].node)) is not init.body:
        return False
    value = stores[0].value
    template = value.left if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Modulo) else value
    earlier = (load for load in names.loads[variable] if tree.within(load, init) and not tree.follows(load, stores[0].node))
    return isinstance(template, cst.BaseString) and not any(earlier)
