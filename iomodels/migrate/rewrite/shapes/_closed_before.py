"""Whether a server is closed before the program ends, whatever happens after its thread was started."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.unit import Unit

__all__ = ["closed_before_end", "closes", "quiet_line"]

CTRL_C = {"builtins.KeyboardInterrupt", "builtins.BaseException"}
SLEEPS = {"time.sleep", "signal.pause"}
QUIET = {"start", "join", "shutdown", "server_close"}  # methods that raise nothing here


def closed_before_end(unit: Unit, server: cst.BaseExpression, start: cst.Call) -> bool:
    """Whether `with server:` is round the start of its thread, or a `finally` that closes it, or nothing else follows it."""
    tree = unit.tree
    if not _closes_itself(unit, server):
        return False
    for above in tree.ancestors(start):
        if isinstance(above, cst.FunctionDef):
            break
        if isinstance(above, cst.With) and any(_enters(unit, item, server) for item in above.items):
            return True
        if isinstance(above, cst.Try) and tree.within(start, above.body) and _finally_closes(unit, above, server):
            return True
    for line in tree.behind(tree.statement(start)):
        if closes(unit, line, server) or (isinstance(line, cst.Try) and _finally_closes(unit, line, server)):
            return True
        if not quiet_line(unit, line) and not (isinstance(line, cst.Try) and _waits_for_ctrl_c(unit, line)):
            return False
    return False


def _closes_itself(unit: Unit, server: cst.BaseExpression) -> bool:
    """Whether a variable holds one server, which closes as the framework's do."""
    variable, owner = unit.names.variable(server), unit.names.instance(server)
    own = [name for name in ("server_close", "__exit__") if owner is not None and unit.names.find_method(owner, name)]
    return variable is not None and len(unit.names.stores[variable]) == 1 and not own


def closes(unit: Unit, line: cst.CSTNode, server: cst.BaseExpression, method: str = "server_close") -> bool:
    """Whether a line is `server.server_close()`, of that server, or another method of it."""
    match _small(line):
        case [cst.Expr(value=cst.Call(args=[], func=cst.Attribute(attr=cst.Name(found)) as func))]:
            variable = unit.names.variable(func.value)
            return found == method and variable is not None and variable == unit.names.variable(server)
    return False


def quiet_line(unit: Unit, line: cst.CSTNode) -> bool:
    """Whether a line leads to the next one: it prints, or starts or joins a thread, or stops a server."""
    small = _small(line)
    quiet = (isinstance(each, cst.Pass) or (isinstance(each, cst.Expr) and _quiet(unit, each.value)) for each in small)
    return bool(small) and all(quiet)


def _small(line: cst.CSTNode) -> Sequence[cst.BaseSmallStatement]:
    """The statements of a line; none of a compound one."""
    return line.body if isinstance(line, cst.SimpleStatementLine | cst.SimpleStatementSuite) else ()


def _lines(block: cst.BaseSuite) -> Sequence[cst.CSTNode]:
    """The statements of a block, which may stand in the line of its head."""
    return [block] if isinstance(block, cst.SimpleStatementSuite) else block.body


def _quiet(unit: Unit, node: cst.BaseExpression) -> bool:
    match node:
        case cst.SimpleString():
            return True
        case cst.Call(func=cst.Name()):
            calls = (call for call in unit.tree.calls_in(node) if call is not node)
            return unit.names.qualified(node.func) == "builtins.print" and not any(calls)
        case cst.Call(func=cst.Attribute(attr=cst.Name(method))):
            return method in QUIET
    return False


def _enters(unit: Unit, item: cst.WithItem, server: cst.BaseExpression) -> bool:
    variable = unit.names.variable(server)
    named = [item.item, *([item.asname.name] if item.asname is not None else [])]
    return variable is not None and any(unit.names.variable(each) == variable for each in named)


def _finally_closes(unit: Unit, node: cst.Try, server: cst.BaseExpression) -> bool:
    for line in _lines(node.finalbody.body) if node.finalbody is not None else ():
        if closes(unit, line, server):
            return True
        if not quiet_line(unit, line):
            return False
    return False


def _waits_for_ctrl_c(unit: Unit, node: cst.Try) -> bool:
    """`try: while True: time.sleep(1)`, `except KeyboardInterrupt: ...`: what comes after it is reached."""
    caught = [each.type is None or unit.names.qualified(each.type) in CTRL_C for each in node.handlers]
    ends = [*(each.body for each in node.handlers), *([node.finalbody.body] if node.finalbody is not None else [])]
    quiet = all(quiet_line(unit, line) for block in ends for line in _lines(block))
    return any(caught) and node.orelse is None and quiet and _sleeps(unit, node.body)


def _sleeps(unit: Unit, block: cst.BaseSuite) -> bool:
    """Whether a block only waits, for nothing or for ever."""
    for line in _lines(block):
        match line:
            case cst.While(orelse=None, test=cst.Name("True") | cst.Integer("1"), body=body) if _sleeps(unit, body):
                continue
        match _small(line):
            case [cst.Expr(value=cst.Call() as call)] if unit.names.qualified(call.func) in SLEEPS:
                continue
        if not quiet_line(unit, line):
            return False
    return True
