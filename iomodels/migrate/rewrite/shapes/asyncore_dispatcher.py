"""asyncore and asynchat: a listener that starts a task for each channel, and channels whose `handle_read` is a coroutine."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._calls import convert_calls
from iomodels.migrate.rewrite.shapes._channel_texts import CHANNEL, CHAT, channel_helper, chat_helper
from iomodels.migrate.rewrite.shapes._channels import CHATS, DISPATCHERS, Channels, find, prepare
from iomodels.migrate.rewrite.shapes._framework import free_names, is_async, mentions, methods, rename, renamed
from iomodels.migrate.rewrite.shapes._listener_texts import LISTENER, listener_helper
from iomodels.migrate.rewrite.shapes._listening import convert_loop, convert_starts
from iomodels.migrate.rewrite.shapes._whole import as_one
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    found = [*mentions(tree, names, "asyncore"), *mentions(tree, names, "asynchat")]
    if found and not mentions(tree, names, "smtpd"):
        yield from as_one(tree, found, partial(_make, found=found))


def _make(unit: Unit, found: list[tuple[cst.BaseExpression, str]]) -> None:
    channels = find(unit)
    prepare(unit, channels)
    convert_calls(unit, channels)
    convert_starts(unit, channels)
    convert_loop(unit, channels, [node for node, name in found if name == "asyncore.loop"])
    names = free_names(unit.tree, LISTENER, CHANNEL, CHAT)
    _rename(unit, channels, found, names)
    conclude(unit)
    for function in unit.plain:
        if is_async(unit, function) and function.name.value != "collect_incoming_data":
            raise Refused("cannot-become-async", function, f"`{function.name.value}` is called without being awaited")
    _add_helpers(unit, channels, names)
    for owner in channels.all:
        rule = "IOM116" if owner in channels.chats else unit.rule
        what = "a listener: a task for each client" if owner is channels.listener else "a channel: a task serves it"
        unit.edits.note(owner, rule, f"{what}, on {unit.table.library.value}; sending waits until the peer takes it")


def _rename(unit: Unit, channels: Channels, found: list[tuple[cst.BaseExpression, str]], names: dict[str, str]) -> None:
    """Let new classes take the place of the framework's. Raises Refused for what has none."""
    tree = unit.tree
    for node, name in found:
        if id(node) in unit.consumed:
            continue
        owner = next((above for above in tree.ancestors(node) if isinstance(above, cst.ClassDef)), None)
        if name not in DISPATCHERS | CHATS or owner not in channels.all:
            raise Refused("framework-part", node, f"`{name}` has no counterpart")
        rename(unit, node, names[LISTENER if owner is channels.listener else CHAT if name in CHATS else CHANNEL])


def _add_helpers(unit: Unit, channels: Channels, names: dict[str, str]) -> None:
    listener = channels.listener
    collecting = [own["collect_incoming_data"] for each in channels.chats if "collect_incoming_data" in (own := methods(each))]
    waits = {is_async(unit, function) for function in collecting}
    if len(waits) > 1:
        raise Refused("cannot-become-async", collecting[0], "`collect_incoming_data` awaits in some channels only")
    if channels.chats:
        unit.edits.need(renamed(chat_helper(unit.table, collect="await " if True in waits else ""), names))
    else:
        unit.edits.need(renamed(channel_helper(unit.table), names))
    unit.edits.need(renamed(listener_helper(unit.table, old="handle_accept" in methods(listener)), names))


SHAPE = Shape("IOM115", "asyncore-dispatcher", _recognise)
