"""Replies that wait in a queue of each connection, until there is room: each is sent where it was put, at the end of a turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._found import Found, accepted_as
from iomodels.migrate.rewrite.shapes._role import Role
from iomodels.migrate.rewrite.shapes._room import Room, added, beside_close, ends_turn, only_served
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, only, replace_texts
from iomodels.migrate.rewrite.shapes._write_part import says
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Replies", "replies", "takes_from_queue"]

PUTS = ("put", "put_nowait")


@dataclass
class Replies:
    """What becomes of lines, by identity: those that put a reply send it; those that only keep the queues go.

    made: the line that makes the table of the queues. said: whether something is said when a queue is found empty.
    """

    made: cst.CSTNode
    said: bool
    instead: dict[int, list[cst.CSTNode]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    """The part that writes: `try: message = table[ready].get_nowait()`, what it does with one, and with none.

    number: whether the table is one of descriptors.
    """

    table: cst.BaseExpression
    message: str
    sends: list[cst.CSTNode]
    empty: list[cst.CSTNode]
    number: bool


def replies(
    tree: Tree, names: Names, found: Found, body: Sequence[cst.CSTNode], room: Room | None, role: Role
) -> Replies | None:
    """The replies that a part writes, when it takes them from a queue. Raises Refused."""
    part = _part(names, body, role)
    if part is None:
        return None
    if room is None:
        raise Refused(
            "event-not-understood", found.call.args[1].value, "who is watched for output is no list of those with replies"
        )
    for line in [*part.sends, *part.empty]:
        _known(names, line, part, room, role)
    if [code(line) for line in part.sends if _sends(line, part, role)] == [] or not any(map(room.removes, part.empty)):
        raise Refused(
            "buffer-not-understood", body[0], "what is done with a message of the queue, or without one, is not known"
        )
    variable = names.variable(part.table)
    stores = names.stores[variable] if variable is not None else []
    if (
        variable is None
        or variable.attribute
        or len(stores) != 1
        or code(stores[0].value or stores[0].node) not in {"{}", "dict()"}
    ):
        raise Refused("buffer-not-understood", part.table, f"`{code(part.table)}` is not only a table that is made here")
    made = accepted_as(tree, found)
    accepted = code(made) if made is not None else ""
    done = Replies(tree.statement(stores[0].node), any(not room.removes(each) for each in part.empty))
    for load in names.loads[variable]:
        line = tree.statement(load)
        if any(tree.within(load, each) for each in (*body, *room.dropped)):
            continue
        if not tree.within(line, found.loop):
            raise Refused("buffer-not-understood", line, f"`{code(part.table)}` is used outside of the loop")
        done.instead[id(line)] = _instead(tree, names, line, part, room, accepted, role)
    sent = [line for line in tree.all(cst.SimpleStatementLine) if done.instead.get(id(line))]

    def known(line: cst.CSTNode) -> bool:
        fed = room.puts(line) and any(tree.parent(each) is tree.parent(line) for each in sent)
        return fed or (room.removes(line) and any(line is each for each in part.empty))

    only_served(tree, names, found, room, known)
    return done


def takes_from_queue(names: Names, body: Sequence[cst.CSTNode], role: Role) -> bool:
    """Whether a part that writes takes what it writes from a queue of the connection. Raises Refused."""
    return bool(body) and _part(names, body, role) is not None


def _part(names: Names, body: Sequence[cst.CSTNode], role: Role) -> _Part | None:
    """`try: message = table[ready].get_nowait()`, `except queue.Empty`, and `else` or what follows in the `try`."""
    [first, *more] = body
    small = only(first.body.body[0]) if isinstance(first, cst.Try) else None
    if not isinstance(first, cst.Try) or not isinstance(small, cst.Assign) or not isinstance(small.value, cst.Call):
        return None
    called, target = small.value.func, small.targets[0].target
    queue = called.value if isinstance(called, cst.Attribute) and called.attr.value == "get_nowait" else None
    if not isinstance(queue, cst.Subscript) or not isinstance(target, cst.Name):
        return None
    if code(queue.slice[0]) not in role.elements:
        key = code(queue.slice[0])
        raise Refused("buffer-not-understood", queue, f"`{key}` is not seen to be the connection that takes output")
    sends = [*first.body.body[1:], *(first.orelse.body.body if first.orelse is not None else [])]
    handlers = [each for each in first.handlers if each.type is not None and names.qualified(each.type) == "queue.Empty"]
    if more or first.finalbody is not None or len(first.handlers) != 1 or handlers != list(first.handlers):
        raise Refused("buffer-not-understood", first, "what is done beside taking a message from the queue cannot be told")
    number = code(queue.slice[0]) in role.descriptors
    return _Part(queue.value, target.value, sends, list(handlers[0].body.body), number)


def _sends(line: cst.CSTNode, part: _Part, role: Role) -> bool:
    call = is_call_statement(line)
    return (
        call is not None
        and isinstance(call.func, cst.Attribute)
        and call.func.attr.value in {"send", "sendall"}
        and code(call.func.value) in role.elements
        and [code(arg.value) for arg in call.args] == [part.message]
    )


def _known(names: Names, line: cst.CSTNode, part: _Part, room: Room, role: Role) -> None:
    """Raise Refused for a line of the part that writes that neither sends, nor says something, nor ends the watching."""
    if _sends(line, part, role) or room.removes(line):
        return
    call = is_call_statement(line)
    told = call is not None and says(names, call)
    tables = any(isinstance(each, cst.Name | cst.Attribute) and code(each) == code(part.table) for each in contains(line))
    late = any(line is each for each in part.empty) and any(code(each) == part.message for each in contains(line))
    if not told or tables or late:
        raise Refused("buffer-not-understood", line, "more is done when the connection takes output than to send what is owed")


def _instead(
    tree: Tree, names: Names, line: cst.CSTNode, part: _Part, room: Room, accepted: str, role: Role
) -> list[cst.CSTNode]:
    """What takes the place of a line that uses the table. Raises Refused for one that is not known."""
    small, table = only(line), code(part.table)
    mine = {f"{table}[{each}]" for each in role.elements if (each in role.descriptors) is part.number}
    if isinstance(small, cst.Del) and code(small.target) in mine and beside_close(tree, names, line):
        return []
    key = f"{accepted}.fileno()" if part.number else accepted
    if isinstance(small, cst.Assign) and code(small.targets[0].target) == f"{table}[{key}]":
        value = small.value
        if (
            isinstance(value, cst.Call)
            and not value.args
            and names.qualified(value.func) in {"queue.Queue", "queue.SimpleQueue"}
        ):
            return []
        raise Refused(
            "buffer-not-understood", line, "what is kept for a connection is no queue without a bound that begins empty"
        )
    call = is_call_statement(line)
    puts = (
        call is not None and code(call.func) in {f"{each}.{method}" for each in mine for method in PUTS} and len(call.args) == 1
    )
    if call is not None and puts and call.args[0].keyword is None and call.args[0].star == "":
        return _sent(tree, line, call.args[0].value, part, room)
    raise Refused("buffer-not-understood", line, f"`{table}` is used for more than to put replies to the connection that asked")


def _sent(tree: Tree, line: cst.CSTNode, reply: cst.BaseExpression, part: _Part, room: Room) -> list[cst.CSTNode]:
    if not added(tree, line, room):
        raise Refused("buffer-not-understood", line, "it is put into the queue, and room for it is not waited for then")
    if not ends_turn(tree, line, room):
        raise Refused("buffer-not-understood", line, "more is done in the turn after the reply is put into the queue")
    said = {part.message: code(reply)} if isinstance(reply, cst.Name) else {}
    before = [] if said else [cst.parse_statement(f"{part.message} = {code(reply)}")]
    after = [each for each in [*part.sends, *part.empty] if not room.removes(each)]
    left: list[cst.CSTNode] = [*before, *(replace_texts(each, said) for each in after)]
    first = left[0]
    lines = [*line.leading_lines, *first.leading_lines]  # type: ignore[attr-defined]
    return [first.with_changes(leading_lines=lines), *left[1:]]
