"""Except clauses round calls that await: they go on catching what they caught, under the names it has now.

Whether a connection that the peer has reset gives ECONNRESET or EPIPE was for the kernel and the clock to say; the libraries
have one exception for both. So a clause that names one of them catches the other, too, and two clauses for the two are
refused.
"""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["looked_at_by", "widen"]

ANY = {"OSError", "socket.error", "IOError", "EnvironmentError", "select.error"}
LOST = {"ConnectionError", "ConnectionResetError", "ConnectionAbortedError", "BrokenPipeError"}
LATE = {"socket.timeout", "TimeoutError"}
LEAVES = (cst.Break, cst.Return, cst.Raise)
EVERYTHING = {"BaseException", ""}
ASK = {"builtins.isinstance", "builtins.type", "builtins.getattr", "builtins.hasattr"}
CURRENT = {"sys.exc_info", "sys.exception", "sys.exc_value", "sys.exc_type"}  # the exception, without a name for it
LOOKED_AT = {"errno", "args", "strerror", "winerror"}


def widen(unit: Unit) -> None:
    """Widen every except clause whose `try` awaits something. Raises Refused."""
    for node in unit.tree.all(cst.Try):
        if _around(unit, node):
            if not unit.concurrent:  # else nothing but what `accept` raises comes out of the loop
                for handler in node.handlers:
                    _widen_one(unit, handler, within=False)
        elif waiting := [each for each in unit.waiting if unit.tree.within(each, node.body)]:
            if all(id(each) in unit.quiet for each in waiting):
                for handler in node.handlers:
                    _swallow(unit, handler)
                continue
            _stops(unit, node, waiting)
            lost = [handler for handler in node.handlers if _caught(unit, handler) & LOST]
            if len(lost) > 1 and {"BrokenPipeError"} & set().union(*(_caught(unit, handler) for handler in lost)):
                raise Refused(
                    "except-clause", lost[1], "two clauses tell apart how a connection was lost; that cannot be told any more"
                )
            for handler in node.handlers:
                _widen_one(unit, handler, within=True)


def _stops(unit: Unit, node: cst.Try, waiting: Sequence[cst.CSTNode]) -> None:
    """Refuse `except StopIteration` round a call of a function: out of a coroutine function it comes as RuntimeError."""
    awaited = any(isinstance(each, cst.Call) and unit.names.function(each.func) is not None for each in waiting)
    for handler in node.handlers:
        if awaited and "StopIteration" in _caught(unit, handler):
            raise Refused("except-clause", handler, "StopIteration does not come out of a coroutine function")


def _around(unit: Unit, node: cst.Try) -> bool:
    """Whether a `try` stands round the region, or round a call of the function that the region is in."""
    if unit.region is None or unit.tree.within(node, unit.region):
        return False
    if unit.tree.within(unit.region, node.body):
        return True
    host = unit.tree.function(unit.region)
    return any(
        unit.names.function(call.func) is host is not None
        for call in unit.tree.all(cst.Call)
        if unit.tree.within(call, node.body)
    )


def _types(handler: cst.ExceptHandler) -> list[cst.BaseExpression]:
    if isinstance(handler.type, cst.Tuple):
        return [element.value for element in handler.type.elements]
    return [handler.type] if handler.type is not None else []


def _caught(unit: Unit, handler: cst.ExceptHandler) -> set[str]:
    """The names of what a clause catches, `OSError` or `socket.timeout`; "" for all."""
    if handler.type is None:
        return {""}
    return {unit.names.qualified(type_).removeprefix("builtins.") for type_ in _types(handler)} - {""}


def _widen_one(unit: Unit, handler: cst.ExceptHandler, *, within: bool) -> None:
    caught = _caught(unit, handler)
    if within and unit.table.goes_on_raising and caught & (ANY | LOST | EVERYTHING | {"Exception"}):
        _leaves_the_loop(unit, handler)
    if within and _swallow(unit, handler):
        _asked_for(unit, handler)
        return
    more: list[str] = []
    if caught & ANY:
        more += unit.table.lost + unit.table.closed + (unit.table.late if unit.seconds else ())
    elif caught & LOST:
        more += unit.table.lost or (("ConnectionResetError",) if caught == {"BrokenPipeError"} else ())
    if caught & LATE and unit.seconds:
        more += [late for late in unit.table.late if late not in more]
        _late_asked(unit, handler)
    if caught & (ANY | LOST | EVERYTHING | {"Exception"}):
        _looked_at(unit, handler)
    if more:
        unit.edits.imports.add(unit.table.library.value)
        unit.edits.edit(handler, "widen", lambda updated: _with_types(updated, more))
        unit.note(handler, f"the except clause catches {', '.join(more)} as well")


def _swallow(unit: Unit, handler: cst.ExceptHandler) -> bool:
    """Refuse a clause that would swallow Ctrl-C or a cancellation, or mend it. Returns whether it catches everything."""
    caught = _caught(unit, handler)
    if "KeyboardInterrupt" in caught:
        raise Refused("signals", handler, "Ctrl-C is caught within what will be a task; it does not arrive there")
    if caught & EVERYTHING and not _raises(handler):
        _not_everything(unit, handler)
        return True
    return False


def _leaves_the_loop(unit: Unit, handler: cst.ExceptHandler) -> None:
    """Refuse a clause after which the connection is read again: a socket says end of input then, a stream raises for ever."""
    tree = unit.tree
    function = tree.function(handler)
    loops = [
        above
        for above in tree.ancestors(handler)
        if isinstance(above, cst.While | cst.For) and tree.function(above) is function
    ]
    accepts = [each for each in tree.all(cst.Call) if isinstance(each.func, cst.Attribute) and each.func.attr.value == "accept"]
    if not loops or any(tree.within(each, loops[0]) for each in [*accepts, *unit.giving]):
        return  # the next round has another connection
    if _only_writes_to_others(unit, handler):
        return  # it is not read, and a write raises each time
    last = handler.body.body[-1]
    if isinstance(last, cst.SimpleStatementLine | cst.SimpleStatementSuite) and isinstance(last.body[-1], LEAVES):
        return
    if _ends(unit, handler.body):
        return
    targets = [each for each in tree.all(cst.AssignTarget) if tree.within(each, handler)]
    given = {name.value for name in tree.all(cst.Name) for target in targets if tree.within(name, target)} - {"self"}
    tests = [each.test for each in tree.all(cst.If) if tree.within(each, loops[0]) and _ends(unit, each)]
    tests += [loop.test for loop in loops[:1] if isinstance(loop, cst.While)]
    if any(name.value in given for test in tests for name in tree.all(cst.Name) if tree.within(name, test)):
        return  # it sets what the loop, or an `if` that leaves it, asks for
    raise Refused(
        "except-clause", handler, "the loop goes on with a lost connection, which a stream does not end but raises again"
    )


def _only_writes_to_others(unit: Unit, handler: cst.ExceptHandler) -> bool:
    """Whether all that is awaited in a clause's `try` is writing to other clients' connections."""
    guard, tree = unit.tree.parent(handler), unit.tree
    writes = {id(call) for call, _, node in unit.calls if unit.names.variable(node) in unit.others}
    return all(id(each) in writes for each in unit.waiting if guard is not None and tree.within(each, guard))


def _ends(unit: Unit, node: cst.CSTNode) -> bool:
    """Whether something in a node leaves a loop, or closes a connection."""
    leaves = (each for kind in LEAVES for each in unit.tree.all(kind))
    closes = (each for each in unit.tree.all(cst.Attribute) if each.attr.value == "close")
    return any(unit.tree.within(each, node) for each in (*leaves, *closes))


def _with_types(handler: cst.ExceptHandler, more: list[str]) -> cst.ExceptHandler:
    elements = [cst.Element(type_) for type_ in [*_types(handler), *(cst.parse_expression(name) for name in more)]]
    return handler.with_changes(type=cst.Tuple(elements), whitespace_after_except=cst.SimpleWhitespace(" "))


def _raises(handler: cst.ExceptHandler) -> bool:
    last = handler.body.body[-1]
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Raise) and last.body[-1].exc is None


def _not_everything(unit: Unit, handler: cst.ExceptHandler) -> None:
    """`except:` would swallow the cancellation too. In a thread, where Ctrl-C is not seen, `except Exception:` is the same."""
    if not unit.concurrent or handler.type is not None:
        raise Refused("except-clause", handler, "it catches everything, cancellation and Ctrl-C too")
    new = cst.Name("Exception")
    space = cst.SimpleWhitespace(" ")
    unit.edits.edit(handler, "widen", lambda updated: updated.with_changes(type=new, whitespace_after_except=space))
    unit.note(handler, "`except:` is `except Exception:`, so that cancellation passes")


def _looked_at(unit: Unit, handler: cst.ExceptHandler) -> None:
    """Refuse a clause that looks into an exception which is no OSError any more, or has no number."""
    _asked_for(unit, handler)
    if handler.name is None:
        return
    name = handler.name.name
    if not isinstance(name, cst.Name):
        raise Refused("except-clause", handler, "the exception is taken apart")
    used = [node for node in unit.tree.all(cst.Name) if node.value == name.value and unit.tree.within(node, handler.body)]
    for node in used:
        parent = unit.tree.parent(node)
        call = unit.tree.parent(parent) if isinstance(parent, cst.Arg) else None
        asked = isinstance(call, cst.Call) and unit.names.qualified(call.func) in ASK
        looked = isinstance(parent, cst.Attribute) and parent.value is node and parent.attr.value in LOOKED_AT
        if asked or looked or isinstance(parent, cst.Subscript | cst.Assign | cst.Comparison):
            raise Refused("except-clause", node, f"`{name.value}` is looked at, and may be another exception")
    if used and unit.table.lost:
        unit.note(handler, f"`{name.value}` may be {unit.table.lost[0]}, whose text is another")


def looked_at_by(unit: Unit, method: cst.FunctionDef) -> None:
    """Refuse a method, called while an exception is handled, that asks for it and does more than to write it down."""
    if not unit.table.lost:
        return  # they are what they were
    places = [method.body, *called(unit.tree, unit.names, [method.body])]
    for node in (*unit.tree.all(cst.Attribute), *unit.tree.all(cst.Name)):
        if unit.names.qualified(node) not in CURRENT or not any(unit.tree.within(node, place) for place in places):
            continue
        above = list(unit.tree.ancestors(node))
        whole = next(
            index for index, each in enumerate(above) if isinstance(each, cst.BaseSmallStatement | cst.BaseCompoundStatement)
        )
        asked = any(isinstance(each, cst.Comparison) or _asks(unit, each) for each in above[:whole])
        if asked or not isinstance(above[whole], cst.Expr):
            raise Refused(
                "except-clause", node, f"`{method.name.value}` looks at the exception, which may be {unit.table.lost[0]}"
            )
        unit.note(
            node, f"what `{method.name.value}` writes of the exception may be of {unit.table.lost[0]}, whose text is another"
        )


def _asks(unit: Unit, node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and unit.names.qualified(node.func) in ASK | {"builtins.issubclass"}


def _late_asked(unit: Unit, handler: cst.ExceptHandler) -> None:
    """Say that what comes too late has another text than a socket's "timed out"; refuse to have it taken apart."""
    name = handler.name.name if handler.name is not None else None
    used = [
        node
        for node in unit.tree.all(cst.Name)
        if isinstance(name, cst.Name) and node.value == name.value and unit.tree.within(node, handler.body)
    ]
    for node in used:
        parent = unit.tree.parent(node)
        if isinstance(parent, cst.Attribute) and parent.value is node and parent.attr.value in LOOKED_AT:
            raise Refused("except-clause", node, f"`{unit.tree.code(parent)}`: the library's own has nothing there")
    if used or any(_writes(unit, call) and unit.tree.within(call, handler.body) for call in unit.tree.all(cst.Call)):
        unit.note(handler, 'what is written of the exception is not "timed out": a time limit of the library has another text')


def _asked_for(unit: Unit, handler: cst.ExceptHandler) -> None:
    """Refuse a clause that asks Python for the exception, itself or in what it calls; say so where that is written down."""
    if not unit.table.lost:
        return  # they are what they were
    places = [handler.body, *called(unit.tree, unit.names, [handler.body])]
    for node in (*unit.tree.all(cst.Attribute), *unit.tree.all(cst.Name)):
        if unit.names.qualified(node) in CURRENT and any(unit.tree.within(node, place) for place in places):
            raise Refused(
                "except-clause", node, f"`{unit.tree.code(node)}` tells of the exception, and that may be {unit.table.lost[0]}"
            )
    if any(_writes(unit, call) and unit.tree.within(call, handler.body) for call in unit.tree.all(cst.Call)):
        unit.note(handler, f"what is written of the exception may be of {unit.table.lost[0]}, whose text is another")


def _writes(unit: Unit, call: cst.Call) -> bool:
    """Whether a call writes the exception that is being handled."""
    name = unit.names.qualified(call.func)
    by_method = isinstance(call.func, cst.Attribute) and call.func.attr.value == "exception"
    asked = any(arg.keyword is not None and arg.keyword.value == "exc_info" for arg in call.args)
    return name in {"traceback.print_exc", "traceback.format_exc", "logging.exception"} or by_method or asked
