"""The first text: the dispatcher is gone; the `while` accepts, and a function `converse` has the turns of one connection."""

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._callbacks import resolve
from iomodels.migrate.rewrite.shapes._found import Found
from iomodels.migrate.rewrite.shapes._outputs import put_instead
from iomodels.migrate.rewrite.shapes._tools import apart, code, contains, mentions, suite
from iomodels.migrate.rewrite.shapes._turn import Turn
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["CONVERSE", "write_down"]

CONVERSE = "converse"
OTHERS = ("serve_client", "attend_client", "serve_connection")


def write_down(tree: Tree, names: Names, found: Found, turn: Turn) -> tuple[str, str]:
    """The text, and the name of the function with the turns. Raises Refused."""
    edits = Edits(tree)
    if turn.outputs is not None:
        for part in (turn.listener, turn.connection):
            part[:] = put_instead(part, turn.outputs)
    connection = resolve(tree, names, found, turn, edits)
    taken = {name.value for name in tree.all(cst.Name)}
    name = next((each for each in (CONVERSE, *OTHERS) if each not in taken), "")
    if not name or not connection.isidentifier():
        raise Refused("odd-event-loop", found.call, "there is no name for what serves one connection")
    method = tree.method(found.loop)
    me = method.params.params[0].name.value if method is not None and tree.function(found.loop) is method else ""
    listener, before = _in_time(tree, names, found, turn)
    loop = cst.While(cst.Name("True"), suite(turn.connection))
    params = ", ".join([me, connection] if me else [connection])
    define = cst.parse_statement(f"def {name}({params}):\n    pass")
    assert isinstance(define, cst.FunctionDef)
    define = define.with_changes(body=cst.IndentedBlock([loop]))
    edits.replace(found.host, suite(listener).with_changes(header=found.host.header))
    if me and method is not None:
        host = tree.function(found.call)
        _check_names(tree, names, turn, host)
        blank = [cst.EmptyLine(indent=False)]
        after = define.with_changes(leading_lines=blank)
        edits.edit(method, "after", lambda updated: cst.FlattenSentinel([updated, after]))
    else:
        place = _place(tree, found)
        top = tree.parent(place) is tree.module
        first = apart(define) if top else define.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
        edits.edit(place, "before", lambda updated: cst.FlattenSentinel([first, apart(updated) if top else updated]))
    if turn.outputs is not None and turn.outputs.made is not None:
        edits.remove(turn.outputs.made)
    if any(names.variable(found.loop.test) == names.variable(each) is not None for each in turn.watched):
        edits.replace(found.loop.test, cst.Name("True"))
    if before is not None:
        edits.edit(found.loop, "limit", lambda updated: _after(before, updated))
    return apply(tree, edits).code, name


def _after(before: cst.BaseStatement, updated: cst.While | cst.FlattenSentinel[cst.BaseStatement]) -> object:
    """A statement, and the loop, which a function may stand before already."""
    rest = list(updated) if isinstance(updated, cst.FlattenSentinel) else [updated]
    return cst.FlattenSentinel([*rest[:-1], before, rest[-1]])


def _place(tree: Tree, found: Found) -> cst.CSTNode:
    """What the function goes before: the loop that accepts, or the function that does."""
    function = tree.function(found.accept)
    if function is None or function is tree.function(found.loop):
        return found.loop
    return next(above for above in (function, *tree.ancestors(function)) if tree.parent(above) is tree.module)


def _in_time(tree: Tree, names: Names, found: Found, turn: Turn) -> tuple[list[cst.CSTNode], cst.BaseStatement | None]:
    """What the loop does: accept, and what it did at each turn besides. And what limits the time of `accept`, for that."""
    listener = turn.listener
    if not turn.idle and (not turn.timeout or _goes_on(tree, names, found, turn)):
        if not _goes_on(tree, names, found, turn):
            raise Refused(
                "job-each-turn", found.loop, "whether it goes on is asked after each event, and something changes that"
            )
        return listener, None
    if not turn.timeout:
        raise Refused("job-each-turn", turn.idle[0], "it is done after each event, and at no other time")
    assert isinstance(found.accept.func, cst.Attribute)
    socket, role = found.accept.func.value, turn.roles[True]
    if code(socket) in role.aliases and role.listening.isidentifier():  # of the one that is ready: it has a name of its own
        socket = cst.Name(role.listening)
    if tree.function(found.accept) is not tree.function(found.loop) and not code(socket).startswith("self."):
        raise Refused("job-each-turn", found.accept, "the listening socket is not known where the time is limited")
    late = cst.parse_statement("try:\n    pass\nexcept TimeoutError:\n    pass")
    assert isinstance(late, cst.Try)
    limit = cst.parse_statement(f"{code(socket)}.settimeout({turn.timeout})")
    return [late.with_changes(body=suite(listener)), *turn.idle], limit


def _goes_on(tree: Tree, names: Names, found: Found, turn: Turn) -> bool:
    """Whether nothing that happens in the loop changes what it asks: a constant, a variable that is set elsewhere, or what is
    watched, of which the listening socket always is.
    """
    test = found.loop.test
    variable = names.variable(test)
    if variable is None:
        return code(test) in {"True", "1"}
    if any(names.variable(each) == variable for each in turn.watched):
        return _begins_with_one(names, variable) and not any(_takes_out(each, code(test)) for each in turn.listener)
    host = tree.function(found.loop)
    return all(
        (tree.function(store.node) is host and not tree.within(store.node, found.loop))
        or tree.unit(store.node).endswith("__init__")
        for store in names.stores[variable]
    )


def _begins_with_one(names: Names, variable: Variable) -> bool:
    """Whether a collection is made with something in it, which `_begins_with_listener` has seen to be the listening socket."""
    made = names.values(variable)
    stores = names.stores[variable]
    return len(stores) == len(made) == 1 and isinstance(made[0], cst.List | cst.Set) and len(made[0].elements) == 1


def _takes_out(statement: cst.CSTNode, collection: str) -> bool:
    """Whether what is done for the listening socket may take it out."""
    used = [each for each in contains(statement) if isinstance(each, cst.Attribute) and code(each.value) == collection]
    return any(each.attr.value not in {"append", "add"} for each in used)


def _check_names(tree: Tree, names: Names, turn: Turn, host: cst.CSTNode | None) -> None:
    """Refuse when a turn uses names of the function that it stood in."""
    local = {
        variable.name
        for variable, stores in list(names.stores.items())
        if not variable.attribute and any(tree.function(store.node) is host for store in stores)
    }
    inner = {code(node.target) for each in turn.connection for node in contains(each) if isinstance(node, cst.AssignTarget)}
    first = host.params.params[0].name.value if isinstance(host, cst.FunctionDef) and host.params.params else ""
    for name in local - inner - {turn.ready, first, *turn.roles[False].aliases}:
        if any(mentions(each, name) for each in turn.connection):
            raise Refused("odd-event-loop", turn.connection[0], f"`{name}` belongs to the loop, and is used for a connection")
