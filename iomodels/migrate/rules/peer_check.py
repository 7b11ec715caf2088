"""A check of who connects, or of how many are connected."""

import ast
from collections.abc import Iterator

from iomodels.migrate.hazards import calls_by_node
from iomodels.migrate.module import Binding, Function, Module, dotted
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant

EXAMPLE = """\
import socket

listener = socket.create_server(("", 8080))
while True:
    connection, address = listener.accept()
    if not address[0].startswith("10."):
        connection.close()
        continue
    connection.sendall(b"hello\\n")
    connection.close()
"""

ACCEPTS = frozenset(
    {"socket.socket.accept", "asyncore.dispatcher.accept", "socket.socket.recvfrom", "socket.socket.getpeername"}
)
HANDLERS = ("socketserver.BaseServer", "socketserver.BaseRequestHandler", "asyncore.dispatcher")
WORDS = ("accept", "recvfrom", "getpeername", "client_address", "verify_request")
PEER = "client_address"  # of socketserver's handlers
REFUSES = (ast.Return, ast.Continue, ast.Break, ast.Raise)
GIVES = {"accept", "recvfrom"}
COUNTED = ("client", "conn", "session", "peer", "channel", "socket", "user", "thread", "child", "handler")
ASKS = {"hasattr", "isinstance", "len", "print", "type", "getattr"}
CLOSES = {"close", "shutdown", "abort", "terminate"}


def check(module: Module) -> Iterator[Spot]:
    """Each condition on the peer's address, or on a number of connections where one is accepted, that refuses somebody."""
    if not any(word in module.text for word in WORDS):
        return
    for class_ in module.classes:
        if "verify_request" in class_.methods and any(base in module.ancestors(class_) for base in HANDLERS):
            yield Spot(class_.methods["verify_request"].node, "verify_request decides whom the server serves")
    in_methods = PEER in module.text
    for function in module.functions:
        if not (_may_know(function) or (in_methods and function.class_ is not None)):
            continue
        accepts = any(call.last == "accept" for call in function.calls) or function.name.startswith("handle_accept")
        for node in _conditions(function.node.body if not isinstance(function.node, ast.Lambda) else []):
            if _refuses(node.body) or _refuses(node.orelse):
                if _looks_at_peer(module, node.test, function):
                    yield Spot(node.test, "a condition on the peer's address: a rewrite must keep it")
                elif accepts and _counts(node.test):
                    yield Spot(node.test, "a bound on the number of connections: a rewrite must keep it")


def _has_peer(function: Function) -> bool:
    """handle_accepted(sock, addr) of asyncore, verify_request and process_request(request, client_address) of socketserver."""
    return function.name in ("handle_accepted", "verify_request", "process_request")


def _may_know(function: Function) -> bool:
    """Whether a function gets an address, from a call or as a parameter."""
    if _has_peer(function) or _addresses(function) or function.name.startswith("handle_accept"):
        return True
    return any(call.last in GIVES or call.last == "getpeername" for call in function.calls)


def _addresses(function: Function) -> list[str]:
    """The parameters that are called as addresses are."""
    return [parameter.arg for parameter in function.parameters if any(word in parameter.arg for word in ("addr", "peer"))]


def _conditions(body: list[ast.stmt]) -> Iterator[ast.If]:
    """The `if`s of a function, not those of functions in it."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                yield from _conditions(getattr(statement, name, []))
            for handler in getattr(statement, "handlers", []):
                yield from _conditions(handler.body)


def _refuses(body: list[ast.stmt]) -> bool:
    """Whether a branch closes, or leaves."""
    for line in body:
        if isinstance(line, REFUSES):
            return True
        call = line.value if isinstance(line, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in CLOSES:
            return True
    return False


def _looks_at_peer(module: Module, test: ast.expr, function: Function) -> bool:
    """Whether the address is compared with something, or given to a function that says yes or no."""
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
            if constant(parts[-1]) is not None and any(_is_peer(module, part, function) for part in parts):
                return True
        elif isinstance(node, ast.Call) and dotted(node.func) not in ASKS:
            on = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            if any(_is_peer(module, part, function) for part in (*on, *node.args)):
                return True
    return False


def _is_peer(module: Module, node: ast.expr, function: Function) -> bool:
    """Whether it is an address of a peer, an item of one, or a call of one of their methods."""
    while isinstance(node, ast.Subscript | ast.Call):
        if isinstance(node, ast.Call):
            call = calls_by_node(module).get(id(node))
            if call is not None and call.calls("socket.socket.getpeername"):
                return True
            if not isinstance(node.func, ast.Attribute):
                return False
            node = node.func.value
        else:
            node = node.value
    if not isinstance(node, ast.Name | ast.Attribute):
        return False
    if dotted(node).rpartition(".")[2] == PEER:
        return True
    if _has_peer(function):
        return isinstance(node, ast.Name) and len(function.parameters) > 2 and node.id == function.parameters[2].arg
    if not isinstance(node, ast.Name):
        return False
    bindings = function.names.get(node.id) or module.names.get(node.id) or []
    if any(_gives_peer(binding) for binding in bindings):
        return True
    return node.id in _addresses(function) and "@address" in module.value(node, function)


def _gives_peer(binding: Binding) -> bool:
    """`data, address = whatever.recvfrom(n)`."""
    call = binding.node
    return binding.at == 1 and isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in GIVES


def _counts(test: ast.expr) -> bool:
    """`len(clients) >= MOST`, `threading.active_count() > 100`."""
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Gt | ast.GtE):
        return False
    counted = ast.unparse(test.left).lower() if isinstance(test.left, ast.Call) else ""
    if counted.startswith("len("):
        return any(word in counted for word in COUNTED)
    return counted.endswith(("active_count()", "activecount()"))


RULE = Rule(
    code="IOM209",
    name="peer-check",
    group=Group.HAZARD,
    summary="the server decides by address or number whom it serves: a rewrite must keep that",
    asyncio="writer.get_extra_info('peername') at the head of the handler; a counter or an asyncio.Semaphore for the number",
    trio="stream.socket.getpeername() at the head of the handler; a trio.CapacityLimiter for the number",
    anyio="stream.extra(anyio.abc.SocketAttribute.remote_address) at the head of the handler; an anyio.CapacityLimiter",
    by=By.BOTH,
    trap="start_server and serve_tcp accept everybody, and the handler is not given the address: a check that stood between "
    "accept and the thread has no place any more, and one project lost it so. A limit that was the size of a pool or of a "
    "list is gone as well. peername is None when the client has left already.",
    guide="concepts/socket.md#socketsocketgetpeername",
    case="capacity/max-connections",
    example=EXAMPLE,
    check=check,
)
