"""The part of a dispatcher that writes what is owed: which buffer it is, and that it does nothing else."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._role import Role
from iomodels.migrate.rewrite.shapes._told import OTHER, Part, check_told, tells
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
}


SAYS = {"debug", "info", "warning", "error"}
PRINTS = {"builtins.print", *(f"sys.{stream}.{what}" for stream in ("stdout", "stderr") for what in ("write", "flush"))}


def says(names: Names, call: cst.Call) -> bool:
    """Whether a call only prints or logs something."""
    if names.qualified(call.func) in PRINTS:
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


def only_writes(body: cst.CSTNode, part: Part) -> None:
    """Raise Refused when a part that writes does more than to send what is owed, to tell of that, and to see what is watched
    for then.
    """
    role = part.role
    lines: list[cst.SimpleStatementLine | cst.SimpleStatementSuite] = [
        *role.tree.all(cst.SimpleStatementLine),
        *role.tree.all(cst.SimpleStatementSuite),
    ]
    for line in lines:
        if not role.tree.within(line, body):
            continue
        if len(line.body) != 1:
            raise Refused("buffer-not-understood", line, "more is done in this line than one thing")
        small = line.body[0]
        value = small.value if isinstance(small, cst.Expr | cst.Assign | cst.AugAssign) else None
        if isinstance(small, cst.Return | cst.Continue | cst.Pass | cst.Del | cst.Raise):
            continue
        if isinstance(value, cst.Call):
            method = value.func.attr.value if isinstance(value.func, cst.Attribute) else ""
            function = role.called(value)
            if tells(role.names, value):
                check_told(part, line, value)
                continue
            if method in WRITING and _about_owed(part, line, value):
                continue
            if function is not None and (owed := owed_in(function.body, role)) is not None:
                only_writes(function.body, Part(function.body, role, owed, asked=bool(part.asked_at(line))))
                continue
            if function is not None and {".close", ".modify"} & {_method(each) for each in contains(function)}:
                continue  # the end of the conversation, or what it is watched for
        if isinstance(value, cst.Subscript) or (isinstance(value, cst.BaseString) and role.tree.code(value) in {"b''", 'b""'}):
            target = small.targets[0].target if isinstance(small, cst.Assign) else None
            if isinstance(target, cst.Name) or _of_owed(part, line, target):
                continue
        raise Refused("buffer-not-understood", line, OTHER)


def _of_owed(part: Part, line: cst.CSTNode, place: cst.CSTNode | None) -> bool:
    """Whether a place is that of what is owed, or of what it is the first of; or something has failed, which ends it."""
    failed = any(isinstance(above, cst.ExceptHandler) for above in part.role.tree.ancestors(line))
    text = part.role.tree.code(place) if place is not None else ""
    return failed or part.owed is None or part.owed == text or part.owed.startswith(f"{text}[")


def _about_owed(part: Part, line: cst.CSTNode, call: cst.Call) -> bool:
    """Whether a method, by its name, changes nothing but what is owed, and for what the connection is watched."""
    method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    if isinstance(call.func, cst.Attribute) and method in {"clear", "popleft"}:
        return _of_owed(part, line, call.func.value)
    if method in {"remove", "discard"} and call.args and not isinstance(call.args[0].value, cst.Name | cst.Attribute):
        return _of_owed(part, line, None)
    return True


def _method(node: cst.CSTNode) -> str:
    return f".{node.func.attr.value}" if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) else ""
