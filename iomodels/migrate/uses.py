"""What is done with received bytes, told from what stands round the expression that has them."""

import ast
from collections.abc import Iterator
from enum import StrEnum

from iomodels.migrate.module import dotted
from iomodels.migrate.shapes import constant, targets_of

__all__ = ["Use", "context"]

# Methods and functions whose result is the same text in another form.
SAME_TEXT = {"strip", "rstrip", "lstrip", "lower", "upper", "replace", "tobytes", "hex", "expandtabs"}
SAME_VALUE = {"str", "bytes", "bytearray", "memoryview", "repr", "to_str", "bytes_to_str"}
PARSES = {"split", "rsplit", "splitlines", "partition", "rpartition", "startswith", "endswith"}
PARSES |= {"find", "index", "isdigit", "count"}
PARSERS = {
    "loads",
    "unpack",
    "unpack_from",
    "iter_unpack",
    "from_bytes",
    "fromstring",
    "fromString",
    "literal_eval",
    "eval",
    "int",
    "float",
}
PARSERS |= {"compare_digest"}
PARSING = ("re.", "hashlib.", "hmac.")
GATHERS = {"append", "extend", "write", "join", "appendleft", "update", "add", "insert"}
FEEDS = {"feed", "feed_data", "receive_data", "data_received", "collect_incoming_data", "put", "put_nowait", "receive_bytes"}
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


def context(node: ast.AST, above: dict[int, ast.AST]) -> Iterator[tuple[Use, ast.AST]]:
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
            yield from context(around, above)
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
