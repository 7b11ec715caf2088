"""A pool of threads: `accept` in a loop, and a ThreadPoolExecutor that gets each connection. It stays so many at a time."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite.conclude import conclude
from iomodels.migrate.rewrite.connections import follow
from iomodels.migrate.rewrite.handing_down import hand_down
from iomodels.migrate.rewrite.listener import time_limit
from iomodels.migrate.rewrite.loop import AcceptLoop, accept_loops, convert_accept
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.of_threads import nobody_looks, nothing_ends_all
from iomodels.migrate.rewrite.pools import maker, submits
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.taking_out import take_out
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    for found in accept_loops(tree, names):
        if isinstance(found, AcceptLoop) and (calls := submits(tree, names, found)):
            yield Plan(found.call, partial(_make, found=found, calls=calls))


def _make(unit: Unit, found: AcceptLoop, calls: list[cst.Call]) -> None:
    if len(calls) > 1:
        raise Refused("thread-is-used", calls[1], "the pool is given a connection twice")
    [call] = calls
    if found.once:
        raise Refused("odd-loop", found.call, "`accept` stands in no loop, nor does the one call of its function")
    nobody_looks(unit)
    unit.region, unit.concurrent = found.loop, True
    assert isinstance(call.func, cst.Attribute)
    pool, function = call.func.value, unit.names.function(call.args[0].value) if call.args else None
    if function is None or any(arg.keyword is not None or arg.star for arg in call.args):
        raise Refused("thread-is-used", call, "what the pool runs cannot be told")
    if not isinstance(unit.tree.parent(call), cst.Expr):
        raise Refused("thread-is-used", call, "the future is used")
    hand_down(unit, call)
    unit.roots.append(function)
    unit.consumed.update({id(call), id(call.args[0].value)})
    unit.passed.update({id(arg.value): (call.args[0].value, index) for index, arg in enumerate(call.args[1:])})
    _replace_pool(unit, pool, call)
    follow(unit, found.connection)
    if not any(unit.ends_of(arg.value) for arg in call.args):
        raise Refused("thread-is-used", call, "the pool is not given the connection")
    unit.use(unit.table.start_in_turn, None, "", "", "")
    unit.edits.keep_comments(call)
    unit.edits.edit(call, "start", lambda _: cst.parse_expression(_text(unit, call, unit.tree.code(pool))))
    convert_accept(unit, found, time_limit(unit, found))
    conclude(unit)
    nothing_ends_all(unit)
    take_out(unit, found.loop, tasks=unit.table.tasks)
    unit.note(
        call,
        f"a pool of threads: a task for each client, so many at once, on {unit.table.library.value};"
        " Ctrl-C ends those too that are being served; it closes its connection",
    )


def _text(unit: Unit, call: cst.Call, pool: str) -> str:
    ends, arguments = None, []
    for arg in call.args[1:]:
        each = unit.ends_of(arg.value)
        ends = ends or each
        arguments += list(each.both) if each is not None else [unit.tree.code(arg.value)]
    more = "".join(f", {text}" for text in arguments)
    return unit.use(unit.table.start_in_turn, ends, unit.tree.code(call.args[0].value), more, pool)


def _replace_pool(unit: Unit, pool: cst.BaseExpression, submit: cst.Call) -> None:
    """Make the pool a semaphore. Raises Refused when it is used for more."""
    tree = unit.tree
    made, variable = maker(tree, unit.names, pool), unit.names.variable(pool)
    assert made is not None
    assert variable is not None
    size = next((tree.code(arg.value) for arg in made.args if arg.keyword is None or arg.keyword.value == "max_workers"), "")
    if not size or size == "None" or any(arg.keyword is not None and arg.keyword.value == "initializer" for arg in made.args):
        raise Refused("thread-is-used", made, "how many threads the pool has is not said, or they are prepared")
    new = unit.use(unit.table.semaphore, None, size)
    for load in unit.names.loads[variable]:
        attribute = tree.parent(load)
        outer = tree.parent(attribute) if attribute is not None else None
        statement = tree.parent(outer) if outer is not None else None
        if isinstance(attribute, cst.Attribute) and attribute.attr.value == "shutdown" and isinstance(statement, cst.Expr):
            unit.edits.remove(statement)
        elif outer is not submit:
            raise Refused("thread-is-used", load, "the pool is used for other things as well")
    item = tree.parent(made)
    with_ = tree.parent(item) if isinstance(item, cst.WithItem) else None
    if not isinstance(item, cst.WithItem) or not isinstance(with_, cst.With):
        unit.edits.replace(made, cst.parse_expression(new))
    elif len(with_.items) > 1:
        unit.edits.imports.add("contextlib")
        unit.edits.replace(made, cst.parse_expression(f"contextlib.nullcontext({new})"))
    else:
        first = cst.parse_statement(f"{tree.code(pool)} = {new}").with_changes(leading_lines=with_.leading_lines)
        unit.edits.edit(with_, "no pool", lambda updated: cst.FlattenSentinel([first, *updated.body.body]))


SHAPE = Shape("IOM121", "accept-pool", _recognise)
