"""What becomes of received bytes, in the function that receives them: what the hazards of recv and send are told by."""

import ast
from collections.abc import Iterator
from enum import StrEnum

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Binding, Call, Function, Loop, Module, dotted
from iomodels.migrate.polling import mentions
from iomodels.migrate.shapes import bound_names, constant, remembered, targets_of

__all__ = [
    "IO",
    "Use",
    "bindings_of",
    "calls_by_node",
    "is_stream",
    "likely_socket",
    "one_connection",
    "parents",
    "receives",
    "uses",
]

NOT_STREAMS = frozenset(
    ["SOCK_DGRAM", "SOCK_RAW", "SOCK_SEQPACKET", "AF_PACKET", "AF_NETLINK", "AF_CAN", "PF_PACKET", "PF_CAN"]
)
SOCKET_NAMES = ("sock", "listener")
PAIRS = frozenset({"socketpair", "pipe"})  # a program's own, to wake itself
SOCKET_METHODS = {"recv", "recv_into", "setblocking", "settimeout", "shutdown"}
PAIR_NAMES = ("pair", "pipe", "wake")
CONNECTS = ("socket.socket.accept", "socket.socket", "socket.create_connection", "socket.socket.connect")
IO = frozenset(
    f"{owner}.{name}"
    for owner in ("socket.socket", "asyncore.dispatcher", "asyncore.dispatcher_with_send", "asynchat.async_chat")
    for name in ("recv", "recv_into", "recvfrom", "recvmsg", "send", "sendall", "sendto", "accept", "connect", "sendfile")
) | {"socket.create_connection", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}

# Methods and functions whose result is the same text in another form.
SAME_TEXT = {"strip", "rstrip", "lstrip", "lower", "upper", "replace", "tobytes", "hex", "expandtabs"}
SAME_VALUE = {"str", "bytes", "bytearray", "memoryview", "repr", "to_str", "bytes_to_str"}
PARSES = {"split", "rsplit", "splitlines", "partition", "rpartition", "startswith", "endswith"}
PARSES |= {"find", "index", "isdigit", "count"}
PARSERS = {"loads", "unpack", "unpack_from", "iter_unpack", "from_bytes", "fromstring", "literal_eval", "eval", "int", "float"}
PARSERS |= {"compare_digest"}
PARSING = ("re.", "hashlib.", "hmac.")
GATHERS = {"append", "extend", "write", "join", "appendleft", "update", "add", "insert"}
FEEDS = {"feed", "feed_data", "receive_data", "data_received", "collect_incoming_data", "put", "put_nowait", "receive_bytes"}
HOPS = 2  # calls that bytes are followed through
SAYS = {"print", "debug", "info", "warning", "error", "exception", "log", "format", "pprint", "repr", "len"}


class Use(StrEnum):
    """What is done with received bytes."""

    TESTED = "tested"  # for being there at all
    MEASURED = "measured"  # compared by their length, with something other than 0
    NAMED = "named"
    PARSED = "parsed"  # split, unpacked, compared
    DECODED = "decoded"
    SAID = "said"  # printed or logged
    GATHERED = "gathered"  # put with what came before
    FED = "fed"  # given to a parser that keeps what is incomplete, or to a queue
    SENT = "sent"
    GIVEN = "given"  # to other code, which may look at them
    LEFT = "left"  # returned, yielded, or kept in an attribute: the same


def parents(module: Module, function: Function) -> dict[int, ast.AST]:
    """The parent of each node in a function, by the node's id; of the module's own statements for `module.top`."""
    known: dict[int, dict[int, ast.AST]] = vars(module).setdefault("parents", {})
    found = known.get(id(function))
    if found is None:
        found = known[id(function)] = {}
        ahead: list[ast.AST] = [function.node]
        while ahead:
            node = ahead.pop()
            for child in ast.iter_child_nodes(node):
                found[id(child)] = node
                if function is not module.top or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    ahead.append(child)
    return found


def is_stream(module: Module, call: Call, but: frozenset[str] = NOT_STREAMS) -> bool:
    """Whether nothing says that the socket is one for datagrams or packets."""
    return not any(binding.node is not None and mentions(binding.node, but) for binding in bindings_of(call, module))


def likely_socket(call: Call) -> bool:
    """Whether enough is known of what a method is called on: a `conn` may be the connection of any library, h11's for one.

    It is a socket if it is named so, or if the same function does with it what is done with sockets alone.
    """
    if call.confidence is not Confidence.POSSIBLE or any(word in call.receiver.lower() for word in SOCKET_NAMES):
        return True
    alike = (other for other in call.function.calls if other.receiver == call.receiver and len(other.node.args) == 1)
    return any(other.last in SOCKET_METHODS for other in alike)


def receives(module: Module) -> list[Call]:
    """The reads of streams, of more than one byte, that take what they get: not MSG_PEEK, not MSG_WAITALL."""
    found = []
    for call in module.called("socket.socket.recv"):
        flags = call.argument(1, "flags")
        special = flags is not None and mentions(flags, {"MSG_PEEK", "MSG_WAITALL", "MSG_OOB", "MSG_ERRQUEUE"})
        woken = any(word in call.receiver.lower() for word in PAIR_NAMES)
        if not special and not woken and not call.awaited and is_stream(module, call, NOT_STREAMS | PAIRS):
            found.append(call)
    return found


def uses(module: Module, call: Call) -> Iterator[tuple[Use, ast.AST]]:
    """What becomes of what a recv returns: each use, and the node that says so.

    Names are followed within the function, and into the functions of the module that they are given to.
    """
    yield from _Followed(module).from_node(call.node, call.function)


class _Followed:
    """One recv's bytes on their way."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.seen: set[tuple[int, str, bool]] = set()

    def from_node(
        self, node: ast.AST, function: Function, steps: int = HOPS, *, whole: bool = False
    ) -> Iterator[tuple[Use, ast.AST]]:
        """The uses of an expression. whole: it is all that came so far, and not what came last."""
        for use, where in _context(node, parents(self.module, function)):
            inner = list(self.within(where, node, steps)) if use is Use.GIVEN and not whole else []
            if inner:
                yield from inner
            elif not whole or use is Use.TESTED:  # nothing else that is done with all that came looks at what came last
                yield use, where
            for name in _bound(where, use):
                yield from self.from_name(name, function, steps, whole=whole or use is Use.GATHERED)

    def from_name(self, name: str, function: Function, steps: int, *, whole: bool = False) -> Iterator[tuple[Use, ast.AST]]:
        """The uses of what has a name in a function."""
        if (id(function), name, whole) in self.seen:
            return
        self.seen.add((id(function), name, whole))
        for node in ast.walk(function.node):
            if isinstance(node, ast.AugAssign) and dotted(node.target) == name and not whole:
                yield Use.GATHERED, node
            elif isinstance(node, ast.Name | ast.Attribute) and dotted(node) == name and isinstance(node.ctx, ast.Load):
                yield from self.from_node(node, function, steps, whole=whole)

    def within(self, where: ast.AST, given: ast.AST, steps: int) -> Iterator[tuple[Use, ast.AST]]:
        """The uses in the functions of this module that a call gives it to."""
        call = calls_by_node(self.module).get(id(where)) if steps else None
        if call is None or given not in call.node.args:
            return
        for name in call.names:
            function = self.module.function_of(name)
            place = call.node.args.index(given) + int(function.is_method) if function else 0
            if function is not None and place < len(function.parameters):
                yield Use.NAMED, where
                yield from self.from_name(function.parameters[place].arg, function, steps - 1)


@remembered
def calls_by_node(module: Module) -> dict[int, Call]:
    """Each call, by the id of its node."""
    return {id(call.node): call for call in module.calls}


def one_connection(call: Call, loop: Loop) -> bool:
    """Whether what a call is made on, or given, is accepted or made anew in each round of a loop."""
    names = {call.receiver, *(dotted(argument) for argument in call.node.args)} - {""}
    makers = (other for other in call.function.calls if other.calls(*CONNECTS) and loop in other.loops)
    return any(bound_names(other) & names for other in makers)


def bindings_of(call: Call, module: Module) -> list[Binding]:
    """What is bound to the name that a method is called on."""
    name, function = call.receiver, call.function
    if name.startswith("self.") and function.class_ is not None:
        return function.class_.attributes.get(name[5:], [])
    return function.names.get(name) or module.names.get(name) or []


def _bound(where: ast.AST, use: Use) -> set[str]:
    """The names that a use gives the bytes."""
    if isinstance(where, ast.Assign | ast.AugAssign | ast.NamedExpr | ast.AnnAssign):
        return {dotted(target) for target in targets_of(where)} - {""}
    if use is Use.GATHERED and isinstance(where, ast.Call) and isinstance(where.func, ast.Attribute):
        return {dotted(where.func.value)} - {""}
    return set()


def _context(node: ast.AST, above: dict[int, ast.AST]) -> Iterator[tuple[Use, ast.AST]]:
    """The uses of an expression, from what stands round it."""
    while True:
        around = above.get(id(node))
        call = above.get(id(around)) if isinstance(around, ast.Attribute) else None
        if isinstance(around, ast.Attribute) and isinstance(call, ast.Call) and call.func is around:
            if around.attr == "decode":
                yield Use.DECODED, call
            if around.attr in SAME_TEXT or around.attr == "decode":
                node = call
                continue
            yield (Use.PARSED if around.attr in PARSES else Use.GIVEN), call
            return
        if isinstance(around, ast.Call) and _last(around) in SAME_VALUE and node in around.args:
            node = around
            continue
        if isinstance(around, ast.Subscript) and around.value is node:
            node = around
            continue
        break
    yield from _around(node, around, above)


def _around(node: ast.AST, around: ast.AST | None, above: dict[int, ast.AST]) -> Iterator[tuple[Use, ast.AST]]:
    match around:
        case ast.NamedExpr():
            yield Use.NAMED, around
            yield from _context(around, above)
        case ast.Assign() | ast.AnnAssign():
            kept = any(isinstance(target, ast.Subscript | ast.Attribute) for target in targets_of(around))
            yield (Use.LEFT if kept else Use.NAMED), around
        case ast.AugAssign():
            yield Use.GATHERED, around
        case ast.BinOp(op=ast.Add()):
            yield from _added(node, around, above)
        case ast.Subscript():
            yield Use.PARSED, around  # a key
        case ast.BinOp(op=ast.Mod()) | ast.FormattedValue():
            yield Use.SAID, around
        case ast.Compare():
            yield _compared(around, node), around
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.match_case():
            yield Use.TESTED, around
        case ast.Match():
            yield Use.PARSED, around
        case ast.comprehension() | ast.For():
            yield Use.GIVEN, around
        case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Lambda():
            yield Use.LEFT, around
        case ast.Call() | ast.keyword() | ast.Starred() | ast.Tuple() | ast.List():
            yield from _passed(node, around, above)


def _added(node: ast.AST, summed: ast.AST, above: dict[int, ast.AST]) -> Iterator[tuple[Use, ast.AST]]:
    """`rest + data` puts it with what came before; `"got " + data` makes a message of it."""
    while isinstance(summed, ast.BinOp):
        node, summed = summed, above[id(summed)]
    if not _has_text(node):
        yield Use.GATHERED, summed
    elif isinstance(summed, ast.Call) and _last(summed) in SAYS:
        yield Use.SAID, summed
    else:
        yield Use.PARSED, summed


def _has_text(summed: ast.AST) -> bool:
    """Whether a sum has a literal among its operands, one that is not empty."""
    if isinstance(summed, ast.BinOp):
        return _has_text(summed.left) or _has_text(summed.right)
    return isinstance(summed, ast.Constant) and bool(summed.value)


def _compared(compare: ast.Compare, node: ast.AST) -> Use:
    """`data == b""` looks for the end; `data == b"quit"` takes it for a message."""
    others = [part for part in (compare.left, *compare.comparators) if part is not node]
    return Use.TESTED if any(constant(part) in ("", b"", None) for part in others) else Use.PARSED


def _passed(node: ast.AST, around: ast.AST, above: dict[int, ast.AST]) -> Iterator[tuple[Use, ast.AST]]:
    """Given to a call, maybe among others."""
    while isinstance(around, ast.keyword | ast.Starred | ast.Tuple | ast.List):
        node, around = around, above.get(id(around), around)
        if around is above.get(id(node)) and not isinstance(
            around, ast.keyword | ast.Starred | ast.Tuple | ast.List | ast.Call
        ):
            yield (Use.SAID if isinstance(around, ast.BinOp) else Use.LEFT), around
            return
    assert isinstance(around, ast.Call)
    name = _last(around)
    if name == "len":
        yield from _measured(around, above)
    elif name in PARSERS or dotted(around.func).startswith(PARSING):
        yield Use.PARSED, around
    elif name in ("send", "sendall"):
        yield Use.SENT, around
    elif name == "write" and ast.unparse(around.func).startswith(("sys.stdout", "sys.stderr")):
        yield Use.SAID, around
    elif name in GATHERS:
        yield Use.GATHERED, around
    elif name in FEEDS:
        yield Use.FED, around
    elif name in SAYS:
        yield Use.SAID, around
    else:
        yield Use.GIVEN, around


def _measured(length: ast.Call, above: dict[int, ast.AST]) -> Iterator[tuple[Use, ast.AST]]:
    """What `len(data)` is used for."""
    around = above.get(id(length))
    if isinstance(around, ast.Compare):
        others = [part for part in (around.left, *around.comparators) if part is not length]
        yield (Use.TESTED if any(constant(part) in (0, 1) for part in others) else Use.MEASURED), around
    elif isinstance(around, ast.If | ast.While | ast.UnaryOp | ast.BoolOp | ast.IfExp | ast.Assert):
        yield Use.TESTED, around
    elif isinstance(around, ast.Assign | ast.NamedExpr):
        yield Use.MEASURED, around
    elif isinstance(around, ast.Call) and _last(around) not in SAYS:
        yield Use.GIVEN, around


def _last(call: ast.Call) -> str:
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
