"""smtpd: a server with `process_message` becomes a handler of aiosmtpd, whose `handle_DATA` says a status; on asyncio alone."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from iomodels.migrate.rewrite import signals
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.shape import Plan, Shape
from iomodels.migrate.rewrite.shapes._framework import mentions, methods, named_before
from iomodels.migrate.rewrite.shapes._messages import convert_method
from iomodels.migrate.rewrite.shapes._whole import as_one
from iomodels.migrate.rewrite.targets import Helper
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["SHAPE"]

SERVER, LOOP, PROCESS = "smtpd.SMTPServer", "asyncore.loop", "process_message"
LISTENER = "listener"
DIFFERENCES = (
    "aiosmtpd: its banner, EHLO and HELP lines differ; it ends a client that is silent for 300 seconds, refuses lines of more "
    "than 1000 bytes, and answers 500 to an exception, where smtpd closed the connection"
)
LISTEN = Helper(
    "listen",
    '''
def listen(address: Any) -> socket.socket:
    """A listening socket, with the options that smtpd gave it."""
    family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server(address, family=family, backlog=5)
''',
    ("socket", "typing:Any"),
)
SERVE = Helper(
    "serve_mail",
    '''
async def serve_mail(handler: Any, listener: socket.socket, **options: Any) -> None:
    """Take mail; the handler's `handle_DATA` gets each message, and says what the client is told."""
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler, **options), sock=listener, backlog=5)
    async with server:
        await server.serve_forever()
''',
    ("asyncio", "socket", "typing:Any", "aiosmtpd.smtp:SMTP"),
    (LISTEN,),
)


def _recognise(tree: Tree, names: Names) -> Iterator[Plan | Refused]:
    found = mentions(tree, names, "smtpd")
    if found:
        yield from as_one(tree, [*found, *mentions(tree, names, "asyncore")], partial(_make, found=found))


def _make(unit: Unit, found: list[tuple[cst.BaseExpression, str]]) -> None:
    tree, names = unit.tree, unit.names
    if unit.table.library is not Target.ASYNCIO:
        raise Refused(
            "asyncio-only", found[0][0], f"aiosmtpd is asyncio's; there is no such server for {unit.table.library.value}"
        )
    loops = [node for node, name in mentions(tree, names, "asyncore") if name == LOOP]
    others = [node for node, name in mentions(tree, names, "asyncore") if name != LOOP]
    owner = _owner(tree, found)
    if others or len(loops) != 1 or names.bases(owner) or len(owner.bases) != 1:
        raise Refused(
            "framework-part", [*others, *loops, found[0][0]][0], "more than one server, or loop, or other parts of asyncore"
        )
    unit.edits.edit(
        owner,
        "bases",
        lambda updated: updated.with_changes(bases=(), lpar=cst.MaybeSentinel.DEFAULT, rpar=cst.MaybeSentinel.DEFAULT),
    )
    _check_class(unit, owner)
    convert_method(unit, methods(owner)[PROCESS])
    call = tree.parent(loops[0])
    if not isinstance(call, cst.Call) or call.func is not loops[0] or not isinstance(tree.parent(call), cst.Expr):
        raise Refused("framework-part", loops[0], "`asyncore.loop` is not called as a statement")
    if any(arg.keyword is None or arg.keyword.value not in {"timeout", "use_poll"} for arg in call.args):
        raise Refused("framework-part", call, f"`{tree.code(call)}`: only timeout and use_poll make no difference")
    made, name = named_before(unit, owner, call)
    options = _convert_making(unit, made)
    _convert_closing(unit, owner, call)
    signals.examine(unit)
    unit.edits.need(SERVE)
    unit.edits.replace(call, cst.parse_expression(f"asyncio.run(serve_mail({name}, {LISTENER}{options}))"))
    unit.note(owner, DIFFERENCES)


def _owner(tree: Tree, found: list[tuple[cst.BaseExpression, str]]) -> cst.ClassDef:
    """The one class that is a server. Raises Refused when smtpd is used for more."""
    nodes = [node for node, name in found if name != SERVER] or [node for node, _ in found]
    owner = tree.parent(tree.parent(nodes[0]) or nodes[0])
    if len(found) > 1 or found[0][1] != SERVER or not isinstance(owner, cst.ClassDef):
        raise Refused("framework-part", nodes[0], f"`{tree.code(nodes[0])}` has no counterpart")
    if PROCESS not in methods(owner):
        raise Refused("framework-part", owner, f"`{owner.name.value}` has no `{PROCESS}`")
    return owner


def _check_class(unit: Unit, owner: cst.ClassDef) -> None:
    """Refuse a class that overrides, or uses, what it has from smtpd or asyncore; `__init__` is among it."""
    own = methods(owner)
    theirs = {"handle_", "smtp_"}
    for name, method in own.items():
        if name in {"__init__", "readable", "writable", "close", "log", "log_info"} or any(
            name.startswith(each) for each in theirs
        ):
            raise Refused("framework-part", method, f"`{name}` is overridden, and is not called by new code")
    stored = {variable.name for variable in unit.names.stores if variable.attribute and variable.home == id(owner)}
    for node in unit.tree.all(cst.Attribute):
        if unit.names.self_class(node.value) is owner and node.attr.value not in {*own, *stored, *_values(owner)}:
            raise Refused("framework-part", node, f"`{unit.tree.code(node)}` has no counterpart")
        if node.attr.value == PROCESS:
            raise Refused("called-from-elsewhere", node, f"`{unit.tree.code(node)}` is used by the file itself")


def _values(owner: cst.ClassDef) -> set[str]:
    """The names that have a value in the body of a class."""
    statements = [small for line in owner.body.body if isinstance(line, cst.SimpleStatementLine) for small in line.body]
    targets = [target.target for each in statements if isinstance(each, cst.Assign) for target in each.targets]
    targets += [each.target for each in statements if isinstance(each, cst.AnnAssign)]
    return {target.value for target in targets if isinstance(target, cst.Name)}


def _convert_making(unit: Unit, made: cst.Call) -> str:
    """`Server(address, None)` becomes `Server()` and a listening socket. Returns the options that the SMTP class gets."""
    tree = unit.tree
    line = tree.parent(tree.parent(made) or made)
    given = {arg.keyword.value: arg.value for arg in made.args if arg.keyword is not None}
    plain = [arg.value for arg in made.args if arg.keyword is None and not arg.star]
    given.update(zip(("localaddr", "remoteaddr", "data_size_limit"), plain, strict=False))
    limit = given.pop("data_size_limit", None)
    address, remote = given.pop("localaddr", None), given.pop("remoteaddr", None)
    if given or len(plain) > 3 or address is None or remote is None or tree.code(remote) != "None":
        raise Refused("framework-part", made, f"`{tree.code(made)}`: only a local address and a size limit have a counterpart")
    if limit is not None and any(tree.within(each, limit) for each in [*tree.all(cst.Call), *tree.all(cst.Attribute)]):
        raise Refused("framework-part", limit, "the size limit is not a number that can be seen")
    if any(node.value == LISTENER for node in tree.all(cst.Name)):
        raise Refused("shared-code", made, f"the name `{LISTENER}` is needed for something else")
    listen = cst.parse_statement(f"{LISTENER} = listen({tree.code(address)})")
    assert line is not None
    unit.edits.edit(made, "no arguments", lambda updated: updated.with_changes(args=()))
    unit.edits.edit(line, "listen", lambda updated: cst.FlattenSentinel([updated, listen]))
    return f", data_size_limit={tree.code(limit)}" if limit is not None else ""


def _convert_closing(unit: Unit, owner: cst.ClassDef, loop: cst.Call) -> None:
    """`server.close()` closes the listening socket."""
    for node in unit.tree.all(cst.Attribute):
        if unit.names.instance(node.value) is not owner or unit.names.self_class(node.value) is not None:
            continue
        if node.attr.value != "close" or unit.tree.function(node) is not unit.tree.function(loop):
            if node.attr.value in methods(owner).keys() | _values(owner):
                continue
            raise Refused("framework-part", node, f"`{unit.tree.code(node)}` has no counterpart")
        unit.edits.replace(node.value, cst.Name(LISTENER))


SHAPE = Shape("IOM117", "smtpd-server", _recognise)
