"""What a part that writes prints or logs: of what it tells, so that once for all of the output says what each part would."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._role import Role
from iomodels.migrate.rewrite.shapes._steady import CALLED, UNSTEADY

__all__ = ["OTHER", "Part", "check_told", "tells"]

LEVELS = {"debug", "info", "warning", "error", "critical"}
STREAMS = {"sys.stdout", "sys.stderr"}
PURE = (CALLED - {"builtins.max", "builtins.min", "logging.getLogger"}) | {"builtins.len", "builtins.ascii"}
LITERAL = (cst.SimpleString, cst.Integer, cst.Float, cst.ConcatenatedString)
NUMBERS = {"fileno", "getpeername"}  # of a socket: a number, an address
OTHER = "more is done when the connection takes output than to send what is owed"


def tells(names: Names, call: cst.Call) -> bool:
    """Whether a call prints, or logs with a logger of `logging`."""
    name = names.qualified(call.func)
    if name == "builtins.print" or name in {f"logging.{level}" for level in LEVELS}:
        return True
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in LEVELS:
        return False
    variable = names.variable(call.func.value)
    made = names.values(variable)
    return (
        variable is not None
        and len(made) == len(names.stores[variable]) > 0
        and all(isinstance(each, cst.Call) and names.qualified(each.func) == "logging.getLogger" for each in made)
    )


class Part:
    """A part that writes: its body, its `send`, and what it sends. asked: whether it only runs where something is owed."""

    def __init__(self, body: cst.CSTNode, role: Role, owed: str | None, *, asked: bool) -> None:
        self.body, self.role, self.owed = body, role, owed
        sends = [
            call
            for call in role.tree.calls_in(body)
            if isinstance(call.func, cst.Attribute) and call.func.attr.value == "send" and len(call.args) == 1
        ]
        self.sends, self.send = sends, sends[0] if len(sends) == 1 else None  # none: a function that it calls sends
        self.asked = asked

    @property
    def owner(self) -> str:
        """What the buffer is an attribute of, as text."""
        sent = self.send.args[0].value if self.send is not None else None
        return self.role.tree.code(sent.value) if isinstance(sent, cst.Attribute) else ""

    @property
    def count(self) -> str:
        assign = self.role.tree.parent(self.send) if self.send is not None else None
        return self.role.tree.code(assign.targets[0].target) if isinstance(assign, cst.Assign) else ""

    def asks(self, test: cst.BaseExpression) -> bool:
        """Whether a test only holds where something is owed."""
        if isinstance(test, cst.BooleanOperation):
            return isinstance(test.operator, cst.And) and (self.asks(test.left) or self.asks(test.right))
        return self.owed is not None and self.role.tree.code(test) in {self.owed, f"len({self.owed})", f"len({self.owed}) > 0"}

    def asked_at(self, line: cst.CSTNode) -> bool | None:
        """Whether a line only runs where something is owed; None where something else is asked too."""
        tree, below = self.role.tree, line
        asked = self.asked
        for above in tree.ancestors(line):
            if above is self.body:
                break
            if isinstance(above, cst.If) and below is above.body:
                whole = all(tree.within(each, above.body) for each in self.sends) and self.asks(above.test)
                drained = (
                    tree.code(above.test) == f"not {self.owed}" and self.send is not None and tree.follows(above, self.send)
                )
                if not drained and not whole:
                    return None
                asked = asked or not drained
            elif not isinstance(above, cst.IndentedBlock | cst.Try | cst.ExceptHandler | cst.Finally):
                return None
            asked = asked or isinstance(above, cst.ExceptHandler)  # there is only something to catch where it sends
            below = above
        return asked


def check_told(part: Part, line: cst.CSTNode, call: cst.Call) -> None:
    """Raise Refused where it tells of more than the connection's own, or does something; remember where it tells."""
    asked = part.asked_at(line)
    if asked is None:
        raise Refused("buffer-not-understood", line, OTHER)
    if not asked:
        part.role.unasked.append(line)
    for arg in call.args:
        _read(part, line, arg.value)
    part.role.told.append(line)


def _read(part: Part, line: cst.CSTNode, node: cst.CSTNode) -> None:
    tree, names = part.role.tree, part.role.names
    if tree.code(node) == part.owed and not _fails(part, node):
        return
    if isinstance(node, cst.Call):
        if not _pure(part, node):
            what = f"`{tree.code(node.func)}` is called for each part of the output that `send` takes"
            raise Refused("buffer-not-understood", line, what)
        for arg in node.args:
            _read(part, line, arg.value)
    elif isinstance(node, (*UNSTEADY, cst.BaseComp)) or _names_itself(node):
        raise Refused("buffer-not-understood", line, OTHER)
    elif isinstance(node, cst.Attribute):
        own = tree.code(node.value) == part.owner and _set_once(part.role, node.attr.value)
        if not own and names.qualified(node) not in STREAMS:
            _refuse(part, line, node)
    elif isinstance(node, cst.Name):
        after = part.send is not None and tree.follows(node, part.send) and not _fails(part, node)
        if not ((after and node.value == part.count) or _caught(part, node) or _constant(part.role, node)):
            _refuse(part, line, node)
    else:
        for each in node.children:
            _read(part, line, each)


def _names_itself(node: cst.CSTNode) -> bool:
    """Whether it is `{key.data.owed=}` in an f-string, which tells what the text calls it: that may change."""
    return isinstance(node, cst.FormattedStringExpression) and bool(node.equal) and not isinstance(node.expression, cst.Name)


def _refuse(part: Part, line: cst.CSTNode, node: cst.CSTNode) -> None:
    what = f"`{part.role.tree.code(node)}`, of which it tells, is not seen to be this connection's own, and still the same then"
    raise Refused("buffer-not-understood", line, what)


def _pure(part: Part, call: cst.Call) -> bool:
    """`repr(...)` and such, `"...".format(...)`, or what is owed decoded: they do nothing but give a value."""
    match call.func:
        case cst.Attribute(value=cst.SimpleString(), attr=cst.Name("format")):
            return True
        case cst.Attribute(value=owed, attr=cst.Name("decode")):
            return part.role.tree.code(owed) == part.owed
    return part.role.names.qualified(call.func) in PURE


def _fails(part: Part, node: cst.CSTNode) -> bool:
    """Whether it may be asked where the `send` has failed: how much was sent before is not known then."""
    return any(isinstance(above, cst.ExceptHandler | cst.Finally) for above in part.role.tree.ancestors(node))


def _caught(part: Part, node: cst.Name) -> bool:
    """Whether it is the exception of the clause that it stands in."""
    return any(
        isinstance(above, cst.ExceptHandler) and above.name is not None and part.role.tree.code(above.name.name) == node.value
        for above in part.role.tree.ancestors(node)
    )


def _constant(role: Role, node: cst.Name) -> bool:
    variable = role.names.variable(node)
    if variable is None:
        return role.names.qualified(node).startswith("builtins.")
    stores = role.names.stores[variable]
    top = role.tree.parent(role.tree.statement(stores[0].node)) is role.tree.module if stores else False
    return top and len(stores) == 1 and isinstance(stores[0].value, LITERAL)


def _set_once(role: Role, word: str) -> bool:
    """Whether an attribute is only set where its object is made, to what does not change."""
    tree = role.tree
    values: list[cst.BaseExpression] = []
    for node in (each for each in tree.all(cst.Attribute) if each.attr.value == word):
        path = [node, *tree.ancestors(node)]
        top = next(
            index for index, each in enumerate(path[1:]) if not isinstance(each, cst.Element | cst.StarredElement | cst.Tuple)
        )
        if path[top] not in (getattr(path[top + 1], "target", None), getattr(path[top + 1], "name", None)):
            continue
        assign, method = path[top + 2], tree.method(node)
        if top or not isinstance(assign, cst.Assign) or method is None or method.name.value != "__init__":
            return False
        values.append(assign.value)
    values += [arg.value for arg in tree.all(cst.Arg) if arg.keyword is not None and arg.keyword.value == word]
    made = {word, "__getattr__", "__getattribute__"} & {each.name.value for each in tree.all(cst.FunctionDef)}
    return bool(values) and not made and all(_unchanging(role, value) for value in values)


def _unchanging(role: Role, value: cst.BaseExpression, depth: int = 3) -> bool:
    """A literal, a string, or the address that `accept` gave, or a part of that."""
    names, tree = role.names, role.tree
    if isinstance(value, (*LITERAL, cst.FormattedString)):
        return True
    if isinstance(value, cst.Subscript):
        return _unchanging(role, value.value, depth)
    if isinstance(value, cst.Call):
        method = value.func.attr.value if isinstance(value.func, cst.Attribute) else ""
        return method in NUMBERS or names.qualified(value.func) in {"builtins.str", "builtins.repr"}
    variable = names.variable(value) if isinstance(value, cst.Name) else None
    stores = names.stores[variable] if variable is not None else []
    if len(stores) != 1 or not depth:
        return False
    [store] = stores
    if store.function is not None:  # what its callers give
        given = _given(role, store.function, store.node)
        return bool(given) and all(each is not None and _unchanging(role, each, depth - 1) for each in given)
    pair = tree.parent(tree.parent(store.node) or store.node)
    target = tree.parent(pair) if isinstance(pair, cst.Tuple) else None
    assign = tree.parent(target) if isinstance(target, cst.AssignTarget) else None
    called = assign.value if isinstance(assign, cst.Assign) else None
    accepts = isinstance(called, cst.Call) and isinstance(called.func, cst.Attribute) and called.func.attr.value == "accept"
    if accepts and isinstance(pair, cst.Tuple) and len(pair.elements) == 2:
        return pair.elements[1].value is store.node
    return store.value is not None and _unchanging(role, store.value, depth - 1)


def _given(role: Role, function: cst.FunctionDef, name: cst.CSTNode) -> list[cst.BaseExpression | None]:
    """What every call of a function, or of the class whose `__init__` it is, gives for a parameter; None: not seen."""
    owner = role.tree.class_of(function)
    index = next(index for index, each in enumerate(function.params.params) if each.name is name) - (owner is not None)
    found: list[cst.BaseExpression | None] = []
    for call in role.tree.all(cst.Call):
        made = role.names.class_called(call.func)
        if made is owner if owner is not None else role.names.function(call.func) is function:
            plain = index < len(call.args) and all(not arg.star and arg.keyword is None for arg in call.args[: index + 1])
            found.append(call.args[index].value if plain else None)
    return found
