"""What a dispatcher calls: the data of a registration for `key.data`, and functions without the events they were given."""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._bring import bring
from iomodels.migrate.rewrite.shapes._fold import fold
from iomodels.migrate.rewrite.shapes._found import Found, is_listener
from iomodels.migrate.rewrite.shapes._registrations import Registration, registrations
from iomodels.migrate.rewrite.shapes._role import Role
from iomodels.migrate.rewrite.shapes._tools import code, contains, mentions, replace_texts, replace_where, suite
from iomodels.migrate.rewrite.shapes._turn import Turn
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["resolve"]


@dataclass
class _Said:
    """What stands for the ready socket, and for the data, in the new code; and the function that the data is, or calls."""

    file: str
    data: str = ""
    function: cst.FunctionDef | None = None
    owner: cst.ClassDef | None = None
    before: list[str] = field(default_factory=list)


def resolve(tree: Tree, names: Names, found: Found, turn: Turn, edits: Edits) -> str:
    """Put into both parts what they stand for; edit the functions that take events. Returns the connection's name."""
    told = registrations(tree, names, found) if found.kind != "select" else {}
    name, made = "", None
    listening = list(turn.listener)
    for listener in (True, False):
        part, role = (turn.listener if listener else turn.connection), turn.roles[listener]
        said = _said(tree, names, found, told.get(listener), role, turn, listener=listener)
        for statement in part:
            _events_passed(tree, names, statement, role, said, edits)
        part[:] = [_put(statement, role, said) for statement in part]
        for statement in part:
            if any(mentions(statement, mask) for mask in role.masks):
                raise Refused("event-not-understood", found.call, "the events are used in a way that is not known")
        if listener and told:
            bring(tree, names, found, told[True].file, edits)
        if not listener:
            name = said.file
            if told and said.before:
                made = _make_object(tree, told[False], said)
    if made is not None:
        line, new = made
        edits.replace(line, new)
        turn.listener[:] = [
            new if same is line else statement for statement, same in zip(turn.listener, listening, strict=True)
        ]
    return name


def _said(
    tree: Tree, names: Names, found: Found, told: Registration | None, role: Role, turn: Turn, *, listener: bool
) -> _Said:
    if told is None:
        return _Said(role.listening if listener and role.listening else turn.ready)
    name = next((alias for alias, value in role.aliases.items() if value in role.elements), "")
    if listener and found.kind == "poll" and is_listener(tree, names, found, told.file):
        name = ""  # it has one of its own, which is known where it accepts
    said = _Said(name or code(told.file))
    data = told.data
    alias = next((alias for alias, value in role.aliases.items() if value in role.data), "")
    if data is None:
        return said
    if isinstance(data, cst.Call) and names.qualified(data.func) == "functools.partial":
        said.data, said.function = code(data.args[0].value), names.function(data.args[0].value)
        said.before = ["partial", *(code(arg.value) for arg in data.args[1:])]
    elif isinstance(data, cst.Call) and (owner := names.class_called(data.func)) is not None:
        said.data = alias or owner.name.value.lower()
        said.owner, said.before = owner, [f"{said.data} = {code(data)}"]
    elif names.self_class(data) is not None:
        raise Refused("odd-event-loop", data, "an object registers itself: which one is called for a connection cannot be told")
    elif isinstance(data, cst.Attribute) and (owner := names.self_class(data.value)) is not None:
        place = tree.method(found.call if listener else found.accept)
        same = place is not None and tree.class_of(place) is owner and _is_me(place, data.value)
        if listener and not same:
            raise Refused("odd-event-loop", data, "it is called where `self` is something else")
        said.data = code(data) if same else f"{owner.name.value.lower()}.{data.attr.value}"
        said.function = names.function(data)
    else:
        said.data, said.function = code(data), names.function(data)
    return said


def _is_me(method: cst.FunctionDef, node: cst.BaseExpression) -> bool:
    return bool(method.params.params) and method.params.params[0].name.value == code(node)


def _put(statement: cst.CSTNode, role: Role, said: _Said) -> cst.CSTNode:
    texts = {text: f"{said.file}.fileno()" if text in role.descriptors else said.file for text in role.elements}
    texts |= dict.fromkeys(role.data if said.data else (), said.data)
    if said.before[:1] == ["partial"]:
        texts = {text: new for text, new in texts.items() if text not in role.data}

    keys = {text.partition(".")[0] for text in role.data if text.endswith(".data")}

    def called(node: cst.CSTNode) -> object:
        if not isinstance(node, cst.Call):
            return None
        args = [arg for arg in node.args if code(arg.value) not in role.masks]
        if said.before[:1] == ["partial"] and code(node.func) in role.data:
            bound = [cst.Arg(cst.parse_expression(text)) for text in said.before[1:]]
            return cst.Call(cst.parse_expression(said.data), [*bound, *args])
        both = [cst.Arg(cst.parse_expression(text)) for text in (said.file, said.data or "None")]
        new = [each for arg in args for each in (both if code(arg.value) in keys else [arg])]
        if len(new) == len(node.args) and len(args) == len(new):
            return None
        return node.with_changes(args=[arg.with_changes(comma=cst.MaybeSentinel.DEFAULT) for arg in new])

    return replace_texts(replace_where(statement, called), texts)


def _make_object(tree: Tree, told: Registration, said: _Said) -> tuple[cst.CSTNode, cst.CSTNode]:
    """`register(sock, events, Session(...))` becomes `session = Session(...)`."""
    line = tree.statement(told.call)
    new = cst.parse_statement(said.before[0]).with_changes(leading_lines=line.leading_lines)  # type: ignore[attr-defined]
    return line, new


def _events_passed(tree: Tree, names: Names, statement: cst.CSTNode, role: Role, said: _Said, edits: Edits) -> None:
    """Take the events, and the key, out of the functions that a part passes them to."""
    keys = {text.partition(".")[0] for text in role.data if text.endswith(".data")}
    for call in (each for each in contains(statement) if isinstance(each, cst.Call)):
        passed = {index: code(arg.value) for index, arg in enumerate(call.args) if code(arg.value) in role.masks | keys}
        if not passed:
            continue
        function, offset = _callee(tree, names, call, role, said)
        if function is None or not isinstance(function.body, cst.IndentedBlock):
            raise Refused(
                "event-not-understood", call, f"`{code(call.func)}` gets the events, and is not one function of this file"
            )
        params = function.params.params
        taken = {params[index + offset].name.value: text for index, text in passed.items() if index + offset < len(params)}
        if len(taken) != len(passed):
            raise Refused("event-not-understood", call, "the events go to a parameter that cannot be told")
        _take_out(tree, names, function, taken, role, said, edits)


def _callee(tree: Tree, names: Names, call: cst.Call, role: Role, said: _Said) -> tuple[cst.FunctionDef | None, int]:
    """The function that a call in a part goes to, and how many parameters come before the call's arguments."""
    function, before = None, 0
    if code(call.func) in role.data:
        function = said.function
        before = len(said.before) - 1 if said.before[:1] == ["partial"] else 0
    elif isinstance(call.func, cst.Attribute) and code(call.func.value) in role.data and said.owner is not None:
        function = names.find_method(said.owner, call.func.attr.value)
    else:
        function = names.function(call.func)
    return function, before + (1 if function is not None and tree.class_of(function) is not None else 0)


def _take_out(
    tree: Tree,
    names: Names,
    function: cst.FunctionDef,
    taken: dict[str, str],
    role: Role,
    said: _Said,
    edits: Edits,
) -> None:
    masks = {param for param, text in taken.items() if text in role.masks}
    inner = Role(tree, names, role.listener, set(), role.is_listener, masks=masks)
    inner.told, inner.unasked, inner.beside = role.told, role.unasked, role.beside
    for key in taken.keys() - masks:
        inner.elements |= {f"{key}.fileobj"}
        inner.data |= {f"{key}.data"}
    assert isinstance(function.body, cst.IndentedBlock)
    body = fold(function.body.body, inner)
    here = _Said(_called(inner, inner.elements, said.file), _called(inner, inner.data, said.data))
    for statement in body:
        _events_passed(tree, names, statement, inner, here, edits)
    body = [_put(statement, inner, here) for statement in body]
    if any(mentions(statement, name) for statement in body for name in taken):
        raise Refused("event-not-understood", function, "the events are used in a way that is not known")

    def params(updated: cst.Parameters) -> cst.Parameters:
        left: list[cst.Param] = []
        for param in updated.params:
            if param.name.value in taken.keys() - masks:
                left += [cst.Param(cst.Name(here.file)), cst.Param(cst.Name(here.data))]
            elif param.name.value not in masks:
                left.append(param.with_changes(comma=cst.MaybeSentinel.DEFAULT))
        return updated.with_changes(params=left)

    edits.edit(function.params, "events", params)
    edits.replace(function.body, suite(body).with_changes(header=function.body.header))


def _called(role: Role, kind: set[str], otherwise: str) -> str:
    return next((alias for alias, value in role.aliases.items() if value in kind), otherwise)
