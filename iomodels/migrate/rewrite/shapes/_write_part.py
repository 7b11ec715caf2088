"""The part of a dispatcher that writes what is owed: which buffer it is, and that it does nothing else."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._role import Role
from iomodels.migrate.rewrite.shapes._tools import contains

__all__ = ["only_writes", "owed_in", "says"]

WRITING = {
    "send",
    "modify",
    "unregister",
    "register",
    "close",
    "clear",
    "popleft",
    "remove",
    "discard",
    "debug",
    "info",
    "warning",
}


SAYS = {"debug", "info", "warning", "error"}


def says(names: Names, call: cst.Call) -> bool:
    """Whether a call only prints or logs something."""
    if names.qualified(call.func) == "builtins.print":
        return True
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in SAYS


def owed_in(body: cst.CSTNode, role: Role) -> str | None:
    """The buffer that a part writes, as text of its place: what its `send`, or that of the function it calls, is given."""
    for call in [each for each in role.tree.all(cst.Call) if role.tree.within(each, body)]:
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "send" and len(call.args) == 1:
            owed = call.args[0].value
            slices = isinstance(owed, cst.Subscript) and isinstance(owed.slice[0].slice, cst.Slice)
            if slices or not isinstance(owed, cst.Name | cst.Attribute | cst.Subscript):
                raise Refused("buffer-not-understood", call, "it sends a part of what is owed, at each turn")
            return role.tree.code(owed)
        function = role.called(call)
        inner = owed_in(function.body, role) if function is not None else None
        if function is not None and inner is not None:
            given = {}
            params = list(function.params.params)
            if isinstance(call.func, cst.Attribute):
                given[params.pop(0).name.value] = role.tree.code(call.func.value)
            given.update({param.name.value: role.tree.code(arg.value) for param, arg in zip(params, call.args, strict=False)})
            head, dot, tail = inner.partition(".")
            return given[head] + dot + tail if head in given else None
    return None


def only_writes(body: cst.CSTNode, role: Role) -> None:
    """Raise Refused when a part that writes does more than to send what is owed, and to see what is watched for then."""
    for line in role.tree.all(cst.SimpleStatementLine):
        if not role.tree.within(line, body) or len(line.body) != 1:
            continue
        small = line.body[0]
        value = small.value if isinstance(small, cst.Expr | cst.Assign | cst.AugAssign) else None
        if isinstance(small, cst.Return | cst.Continue | cst.Pass | cst.Del | cst.Raise):
            continue
        if isinstance(value, cst.Call):
            method = value.func.attr.value if isinstance(value.func, cst.Attribute) else ""
            function = role.called(value)
            otherwise = any(
                isinstance(above, cst.Else) and role.tree.within(above, body) for above in role.tree.ancestors(line)
            )
            if method in WRITING and not (otherwise and says(role.names, value)):
                continue
            if function is not None and owed_in(function.body, role) is not None:
                only_writes(function.body, role)
                continue
            if function is not None and {".close", ".modify"} & {_method(each) for each in contains(function)}:
                continue  # the end of the conversation, or what it is watched for
        if isinstance(value, cst.Subscript) or (isinstance(value, cst.BaseString) and role.tree.code(value) in {"b''", 'b""'}):
            continue
        raise Refused("buffer-not-understood", line, "more is done when the connection takes output than to send what is owed")


def _method(node: cst.CSTNode) -> str:
    return f".{node.func.attr.value}" if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) else ""
