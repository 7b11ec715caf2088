"""An event loop that answers once: input until a request is complete, then output alone until all is sent, then the end.

Nothing else happens to a connection between these. So it is the loop that sends all, and closes, in the turn in which it began
to watch for output: the kernel might have taken all at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply, comments
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._arms import Arms, arms
from iomodels.migrate.rewrite.shapes._events import flags
from iomodels.migrate.rewrite.shapes._found import Found, waits
from iomodels.migrate.rewrite.shapes._last_words import Last, last_words
from iomodels.migrate.rewrite.shapes._registrations import registrations
from iomodels.migrate.rewrite.shapes._room import beside_close
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, only
from iomodels.migrate.rewrite.shapes._write_part import says
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["answered_at_once"]


@dataclass(frozen=True)
class _Reply:
    """What is sent: as text, and the lines that keep it in a table until then, where that need not be."""

    text: str
    kept: Sequence[cst.CSTNode] = ()


def answered_at_once(tree: Tree, names: Names, found: Found) -> tuple[Tree, Names, Found]:
    """The program with that loop; the same where it is none that answers once. Raises Refused."""
    told = arms(tree, names, found)
    last = last_words(tree, names, told) if told is not None else None
    asks = _asks(tree, names, told, last) if told is not None and last is not None else None
    if told is None or last is None or asks is None or not _begins_with_input(tree, names, found):
        return tree, names, found
    _own_tables(tree, names, found, told)
    reply = _reply(tree, names, found, last)
    said = len(tree.behind(asks))
    ends = _ends(told, last, reply, asks)
    edits = Edits(tree)

    def answer(updated: cst.IndentedBlock) -> cst.IndentedBlock:
        place = len(updated.body) - said - 1
        return updated.with_changes(body=[*updated.body[:place], *updated.body[place + 1 :], *ends])

    edits.edit(tree.parent(asks) or asks, "answer", answer)
    edits.edit(told.reading, "no more arms", lambda updated: updated.with_changes(orelse=None))
    for line in reply.kept:
        edits.edit(line, "not kept", partial(_without, owed=last.owed))
    new = Tree(apply(tree, edits).code, tree.path)
    known = Names(new)
    [again] = [each for each in waits(new, known, {found.kind}) if isinstance(each, Found)]
    return new, known, again


def _begins_with_input(tree: Tree, names: Names, found: Found) -> bool:
    """Whether a new connection is watched for input, and not for output."""
    args = registrations(tree, names, found)[False].call.args
    return len(args) == 2 and (flags(names, args[1].value) or set()) - {"failed"} == {"read"}


def _own_tables(tree: Tree, names: Names, found: Found, told: Arms) -> None:
    """Raise Refused where a table by descriptor is used for more than what is kept of the connection that is served."""
    own = [each for each in tree.all(cst.Subscript) if code(each).endswith(f"[{told.ready}]")]
    tables = {variable for each in own if (variable := names.variable(each.value)) is not None}
    for load in (load for table in tables for load in names.loads[table]):
        entry = tree.parent(load)
        key = code(entry.slice[0]) if isinstance(entry, cst.Subscript) and entry.value is load else ""
        if not (key == told.ready or key.endswith(".fileno()")) or not tree.within(load, found.loop):
            what = f"`{code(load)}` is used for more than what is kept of the connection that is served"
            raise Refused("connection-escapes", load, what)


def _ends(told: Arms, last: Last, reply: _Reply, asks: cst.SimpleStatementLine) -> list[cst.BaseStatement]:
    """What takes the place of the line that asks for room: it sends, and does what ended the connection."""
    sends = cst.parse_statement(f"{code(last.method)}({reply.text})")
    lines = [*_lost(asks, ()), *_lost(told.writing.with_changes(orelse=None), last.ends)]
    ends = [sends.with_changes(leading_lines=lines), *last.ends]
    if told.hung_up is not None and last.later:
        [first, *others] = last.later
        lines = [*_lost(told.hung_up, last.later), *first.leading_lines]  # type: ignore[attr-defined]
        ends += [first.with_changes(leading_lines=lines), *others]
    return [
        new
        for line in ends
        if isinstance(new := _without(line, last.owed) if any(line is each for each in reply.kept) else line, cst.BaseStatement)
    ]


def _lost(node: cst.CSTNode, kept: Sequence[cst.CSTNode]) -> list[cst.EmptyLine]:
    """The comments of what goes, but for those of what stays of it."""
    stays = {id(line.comment) for each in kept for line in comments(each)}
    return [line for line in comments(node) if id(line.comment) not in stays]


def _asks(tree: Tree, names: Names, told: Arms, last: Last) -> cst.SimpleStatementLine | None:
    """The line from which on a connection is watched for output alone, when its turn does nothing more then but say so."""
    lines = [tree.statement(call) for call in told.changes if call not in last.changes]
    line = lines[0] if len(lines) == 1 and tree.within(lines[0], told.reading.body) else None
    if not isinstance(line, cst.SimpleStatementLine) or len(told.changes) != 1 + len(last.changes):
        return None
    call = is_call_statement(line)
    if call is None or not told.asks(names, call, {"write"}):
        return None
    for each in tree.behind(line):
        said = is_call_statement(each)
        touched = {code(part) for part in contains(each)} & {last.owed, last.connection, told.poller}
        if said is None or not says(names, said) or touched:
            return None
    below: cst.CSTNode = tree.parent(line) or line
    for above in tree.ancestors(below):
        if above is told.reading:
            return line
        if isinstance(above, cst.IndentedBlock) and above.body[-1] is not below:
            return None
        if not isinstance(above, cst.IndentedBlock | cst.If | cst.Else):
            return None
        below = above
    return None


def _reply(tree: Tree, names: Names, found: Found, last: Last) -> _Reply:
    """A reply that is one and the same for all is sent as it is; another from where it is kept."""
    entries = [each for each in contains(last.asked[0]) if isinstance(each, cst.Subscript) and code(each) == last.owed]
    table = names.variable(entries[0].value) if entries else None
    kept, value = [], None
    for load in names.loads[table] if table is not None else ():
        line = tree.statement(load)
        small = only(line)
        if any(tree.within(load, each) for each in last.asked):
            continue
        if isinstance(small, cst.Assign) and tree.parent(load) is small.targets[0].target and value is None:
            value = small.value
        elif not _forgets(tree, names, line, last):
            return _Reply(last.owed)
        kept.append(line)
    if value is None or not _same_for_all(tree, names, found, value):
        return _Reply(last.owed)
    made = [tree.statement(store.node) for store in names.stores[table]] if table is not None else []
    return _Reply(code(value), [*kept, *(line for line in made if isinstance(only(line), cst.Assign))])


def _forgets(tree: Tree, names: Names, line: cst.CSTNode, last: Last) -> bool:
    """Whether a line deletes what is kept, where the connection ends."""
    small = only(line)
    ends = any(line is each for each in (*last.ends, *last.later)) or beside_close(tree, names, line)
    return isinstance(small, cst.Del) and ends and any(code(each) == last.owed for each in contains(small))


def _without(line: cst.BaseStatement, owed: str) -> cst.BaseStatement | cst.RemovalSentinel:
    """What is left of a line that keeps, or forgets, what is sent."""
    small = only(line)
    if not isinstance(small, cst.Del) or not isinstance(small.target, cst.Tuple):
        return cst.RemoveFromParent()
    left = [each for each in small.target.elements if code(each.value) != owed]
    target = small.target.with_changes(elements=[*left[:-1], left[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    return line.with_changes(body=[small.with_changes(target=target if left[1:] else left[0].value)])


def _same_for_all(tree: Tree, names: Names, found: Found, value: cst.BaseExpression) -> bool:
    """Whether an expression is bytes that stand there, or a name that has been given its value when the loop begins."""
    if isinstance(value, cst.SimpleString):
        return True
    variable = names.variable(value) if isinstance(value, cst.Name) else None
    stores = names.stores[variable] if variable is not None else []
    if not stores:
        return False
    host = tree.function(found.loop)
    early = [each for each in stores if tree.function(each.node) is host and tree.follows(found.loop, each.node)]
    once = len(stores) == 1 and tree.function(stores[0].node) is None
    return (once or len(early) == len(stores)) and all(_stands_there(tree.statement(each.node)) for each in stores)


def _stands_there(line: cst.CSTNode) -> bool:
    """Whether what a line stores, or adds, are strings that stand there: nobody can change them."""
    small = only(line)
    return isinstance(small, cst.Assign | cst.AugAssign) and _is_string(small.value)


def _is_string(node: cst.BaseExpression) -> bool:
    match node:
        case cst.BinaryOperation(operator=cst.Add()):
            return _is_string(node.left) and _is_string(node.right)
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name("encode"))):
            return _is_string(value)
        case cst.BinaryOperation(operator=cst.Multiply(), right=cst.Integer()):
            return _is_string(node.left)
    return isinstance(node, cst.SimpleString | cst.ConcatenatedString)
