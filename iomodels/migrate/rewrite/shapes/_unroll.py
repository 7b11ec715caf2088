"""An event loop by readiness, written as threads would have it: from there on it is what `accept_thread` moves.

Each pass reads a text and writes one: the dispatcher is taken apart, `accept` starts a conversation, what served the loop
goes, conversations end. What an event loop does between two waits stays as it is. The conversation is one of those that the
loop could have had: input came, and then the kernel took all that was written. So what one turn does with input, and the
next with room for output, becomes one turn.
"""

from collections.abc import Callable
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.edits import apply
from iomodels.migrate.rewrite.imports import add_imports, drop_imports
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan
from iomodels.migrate.rewrite.shapes import accept_thread
from iomodels.migrate.rewrite.shapes._accepting import begin
from iomodels.migrate.rewrite.shapes._answered import answered_at_once
from iomodels.migrate.rewrite.shapes._cleaning import GONE, clean
from iomodels.migrate.rewrite.shapes._down import write_down
from iomodels.migrate.rewrite.shapes._endings import end
from iomodels.migrate.rewrite.shapes._events import reads_first
from iomodels.migrate.rewrite.shapes._failures import urgent_too
from iomodels.migrate.rewrite.shapes._found import Found, accepting, waits
from iomodels.migrate.rewrite.shapes._let_go import closed_when_let_go
from iomodels.migrate.rewrite.shapes._moving import lift, put_inline, start_directly
from iomodels.migrate.rewrite.shapes._one_turn import one_turn_at_a_time
from iomodels.migrate.rewrite.shapes._proof import prove, prove_alone, prove_before
from iomodels.migrate.rewrite.shapes._same_name import told_apart
from iomodels.migrate.rewrite.shapes._to_all import WHY, check_turn, written_to_all
from iomodels.migrate.rewrite.shapes._tools import code
from iomodels.migrate.rewrite.shapes._turn import Turn, take_apart
from iomodels.migrate.rewrite.shapes._unused import drop_unused
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["plans"]


def plans(tree: Tree, names: Names, kinds: set[str]) -> list[Plan | Refused]:
    """The event loops of some kinds in a file."""
    return [
        found if isinstance(found, Refused) else Plan(found.call, partial(_make, found=found))
        for found in waits(tree, names, kinds)
    ]


def unroll(tree: Tree, names: Names, found: Found, turn: Turn, *, in_turn: bool) -> str:
    """The program with a thread for each connection. in_turn: whether one does its turn at a time, as in the loop.

    Raises Refused, at nodes of this tree or of a later text.
    """
    prove_before(tree, names, found, turn)
    watched = {tree.code(node) for node in turn.watched}
    before = {node.value for node in tree.all(cst.Name)} | {
        f"{tree.code(call.func).rpartition('.')[2]}()" for call in tree.all(cst.Call)
    }
    text, name = write_down(tree, names, found, turn)
    role = turn.roles[False]
    if role.unasked:
        raise Refused("buffer-not-understood", role.unasked[0], "it may say so where there is room, and nothing is owed")
    passes: list[Callable[[Tree, Names], str]] = [
        lambda tree, names: begin(tree, names, name, watched),
        put_inline,
        lambda tree, names: clean(tree, names, name, watched, told=bool(role.told)),
        lambda tree, _: drop_unused(tree.text, tree.path, before),
        lambda tree, names: prove_alone(tree, names, watched),
        lambda tree, names: end(tree, names, name, watched),
        lambda tree, names: lift(tree, names, name),
    ]
    for each in passes:
        now = Tree(text, tree.path)
        text = each(now, Names(now))
    if role.beside:
        raise Refused(
            "event-not-understood", role.beside[0], "it is done at each event, also where there is only room for output"
        )
    module = cst.parse_module(text)
    text = module.with_changes(body=add_imports(list(module.body), {"threading"})).code
    now = Tree(text, tree.path)
    if in_turn:
        text = one_turn_at_a_time(now, Names(now), name)
        now = Tree(text, tree.path)
    prove(now, Names(now), name, in_turn=in_turn)
    text = start_directly(now, Names(now), name)
    if code(GONE) in text:
        raise Refused("event-not-understood", found.call, "nothing is left to be done where something is asked")
    return text


def _make(unit: Unit, found: Found) -> None:
    """Let the file become that, and then what the library has for threads. Raises Refused, at a node of the old text."""
    try:
        _make_at_last(unit, found)
    except Refused as refused:
        place = refused.node if unit.tree.parent(refused.node) is not None else _like(unit.tree, refused.node, found)
        raise Refused(refused.reason.name, place, refused.text) from None


def _like(tree: Tree, node: cst.CSTNode, found: Found) -> cst.CSTNode:
    """The place in the old text where a node of a later one comes from; the wait, where it comes from none."""
    same: list[cst.CSTNode]
    if isinstance(node, cst.FunctionDef):
        same = [each for each in tree.all(cst.FunctionDef) if each.name.value == node.name.value]
    else:
        same = [each for each in tree.all(type(node)) if code(each) == code(node)]
    return same[0] if same else found.call


def _plainer(tree: Tree, names: Names, found: Found) -> tuple[Tree, Names, Found, bool]:
    """The program in which connections that are let go are closed, and whether there are any. Raises Refused."""
    text = closed_when_let_go(tree, names, found)
    if text is not None:
        tree, names, found = _again(text, tree.path)
    apart = told_apart(tree, names, found)
    return (*(_again(apart, tree.path) if apart is not None else (tree, names, found)), text is not None)


def _again(text: str, path: str) -> tuple[Tree, Names, Found]:
    tree = Tree(text, path)
    names = Names(tree)
    [found] = [each for each in waits(tree, names, {"select", "poll", "selectors"}) if isinstance(each, Found)]
    return tree, names, found


def _make_at_last(unit: Unit, found: Found) -> None:
    plain_tree, plain_names, plain, let_go = _plainer(unit.tree, unit.names, found)
    before = answered_at_once(plain_tree, plain_names, plain)
    in_turn = written_to_all(*before) is not None
    turn = take_apart(*before)
    if in_turn:
        check_turn(*before, turn)
    try:
        text = unroll(*before, turn, in_turn=in_turn)
    except Refused as refused:
        raise (Refused("writes-to-others", refused.node, refused.text) if in_turn else refused) from None
    tree = Tree(text, unit.tree.path)
    names = Names(tree)
    started = [plan for plan in accept_thread.SHAPE.recognise(tree, names) if isinstance(plan, Plan)]
    if len(started) != 1:
        raise Refused("odd-event-loop", found.call, "where connections are accepted cannot be told")
    inner = Unit(tree, names, unit.table, type(unit.edits)(tree), unit.rule, unit.options)
    inner.consumed.update(id(call) for call in accepting(tree, names))  # it is no method of the file that has this name too
    inner.ends_all = in_turn
    started[0].make(inner)
    if bool(inner.others) != in_turn:
        raise Refused("writes-to-others", found.call, WHY)
    module = apply(tree, inner.edits)
    if not any(alias.name.value == "threading" for each in unit.tree.all(cst.Import) for alias in each.names):
        module = drop_imports(module, {"threading"})
    unit.edits.imports |= inner.edits.imports
    unit.edits.helpers.update(inner.edits.helpers)
    unit.edits.edit(unit.tree.module, "event loop", lambda _: module)
    unit.edits.nodes[id(unit.tree.module)] = found.loop
    unit.edits.nodes[id(found.accept)] = unit.tree.statement(found.accept)
    alone = "what fails with one, and ended the server, ends that one alone"
    together = "a turn at a time, as before, but who has sent a part holds up nobody; what fails with one ends all, as before"
    unit.note(
        found.call, f"an event loop: a task for each client; {together if in_turn else alone}, on {unit.table.library.value}"
    )
    for change in inner.edits.changes:
        if not change.text.startswith("a thread for each client"):
            unit.note(found.call, change.text)
    if reads_first(unit.tree, unit.names):
        never = "where there was input, the loop sent nothing, and at its end maybe never"
        unit.note(found.call, f"each reply is sent before more is read; {never}")
    elif turn.outputs is not None:
        later = "the loop sent it at a later turn, and at the end of input maybe never"
        unit.note(found.call, f"each reply is sent before more is read; {later}")
    if turn.outputs is not None and turn.outputs.said:
        unit.note(found.call, "what it says of an empty queue it says after each reply; more input may have come before")
    for line in turn.roles[False].told[:1]:
        unit.note(line, "`send` may have sent a part, of what came at several turns: it says so once in a turn now, of all")
    if turn.idle:
        unit.note(
            found.call, "what it did at each turn it does when a client comes, and when none has for so long; not at each event"
        )
    if let_go:
        when = "the loop's socket was closed when no name referred to it any more"
        unit.note(found.call, f"a connection that is taken out of all that holds it is closed there and then; {when}")
    if turn.urgent:
        unit.note(found.call, "urgent data (MSG_OOB), at which the loop closed a connection, is not heard of any more")
    elif urgent_too(unit.tree, unit.names):
        failed = "at which the loop received, and failed where nothing else had come"
        unit.note(found.call, f"urgent data (MSG_OOB), {failed}, is not heard of any more")
    if turn.failed:
        unit.note(
            found.call, "what it did for POLLHUP and POLLERR is gone: they come with input or room for output, asked for first"
        )
