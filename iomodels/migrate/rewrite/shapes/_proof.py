"""What has to hold for an event loop to be a task per connection, beyond its form."""

from collections.abc import Iterable, Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._callbacks import registrations
from iomodels.migrate.rewrite.shapes._fold import READ, flags
from iomodels.migrate.rewrite.shapes._found import Found, is_listener
from iomodels.migrate.rewrite.shapes._shared import shared_over_awaits
from iomodels.migrate.rewrite.shapes._written import written_whole
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement
from iomodels.migrate.rewrite.shapes._turn import Turn
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["prove", "prove_before"]

LEAVES = {"unregister", "remove", "discard"}


def prove_before(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Look at the old text. Raises Refused."""
    _no_edges(tree, names)
    _no_timeouts(tree)
    _no_draining(tree, found)
    _own_names(tree, names, found, turn)
    _watched_to_the_end(tree, names, found, turn)
    if found.kind != "select":
        _begins_reading(tree, names, found)
        _same_data(tree, names, found)
    _begins_with_listener(tree, names, found, turn)
    _leaves_when_closed(tree, names, found, turn)


def prove(tree: Tree, names: Names, name: str) -> None:
    """Look at the new text, with threads. Raises Refused."""
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        used = names.qualified(node)
        if used.startswith(("select.", "selectors.")) and used != "select.error":
            raise Refused("event-not-understood", node, f"`{tree.code(node)}` is still used")
    starred = any(isinstance(each.names, cst.ImportStar) for each in tree.all(cst.ImportFrom))
    for each in tree.all(cst.Name):
        scope, parent = tree.scopes.get(each), tree.parent(each)
        if scope is None or starred or (isinstance(parent, cst.Arg) and parent.keyword is each):
            continue
        if not (isinstance(parent, cst.Attribute) and parent.attr is each) and not scope[each.value]:
            raise Refused("odd-event-loop", each, f"`{each.value}` is not known where a connection is served")
    written_whole(tree, names, name)
    shared_over_awaits(tree, names, name)


def _no_edges(tree: Tree, names: Names) -> None:
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        if names.qualified(node) in {"select.EPOLLET", "select.EPOLLONESHOT", "select.EPOLLEXCLUSIVE"}:
            raise Refused("event-not-understood", node, "it is told of changes only, and receives until it would block")


def _no_timeouts(tree: Tree) -> None:
    """A time limit on a socket that is ready limits nothing; on one that is waited for it would."""
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "settimeout":
            if [code(arg.value) for arg in call.args] not in (["None"], ["0"], ["0.0"]):
                raise Refused("socket-timeout", call, "a time limit on a socket that is only used when it is ready")


def _no_draining(tree: Tree, found: Found) -> None:
    """`recv` in a loop until it would block: it would wait for ever, with what it has."""
    for call in tree.all(cst.Call):
        if not (isinstance(call.func, cst.Attribute) and call.func.attr.value in {"recv", "recv_into"}):
            continue
        function = tree.function(call)
        for above in tree.ancestors(call):
            dispatches = above is found.loop or any(above is each for each in found.host.body)
            if isinstance(above, cst.While | cst.For) and tree.function(above) is function and not dispatches:
                raise Refused("event-not-understood", call, "it receives more than once when it is told that there is something")


def _own_names(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Names that are set for one connection must not be seen by the next."""
    host = tree.function(found.call)
    inside = [each for each in found.host.body if tree.within(found.call, each) or isinstance(each, cst.For | cst.If | cst.Try)]
    for variable, stores in list(names.stores.items()):
        here = [store.node for store in stores if tree.function(store.node) is host and any(tree.within(store.node, each) for each in inside)]
        if variable.attribute or not here or any(tree.within(node, each) for node in here for each in found.host.body if each not in inside):
            continue
        every = [*(store.node for store in stores), *names.loads[variable]]
        outside = [node for node in every if not any(tree.within(node, each) for each in inside)]
        augmented = [node for node in here if isinstance(tree.parent(node), cst.AugAssign)]
        first = min(every, key=lambda node: (tree.line(node), node in here))
        if outside or (augmented and len(augmented) == len(here)) or tree.line(first) < min(map(tree.line, here)):
            raise Refused("shared-over-await", here[0], f"`{variable.name}` is kept from one turn to the next")


def _watched_to_the_end(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Input must be watched for until the connection is closed, but while something is owed."""
    known = _flags_of_the_end(tree, names) | _owed(tree)
    tests: list[cst.BaseExpression] = []
    for node in [*tree.all(cst.Attribute), *tree.all(cst.Name)]:
        if names.qualified(node) in READ and not _is_asked(tree, node):
            tests += _guards(tree, node)
    for comprehension in tree.all(cst.CompIf):
        if any(tree.within(comprehension, each) for each in found.host.body) and any(code(each) in code_of_for(tree, comprehension) for each in turn.watched):
            tests.append(comprehension.test)
    for test in tests:
        if any(isinstance(each, cst.Call) and not code(each.func) == "len" and not code(each.func).endswith("fileno") for each in contains(test)):
            raise Refused("event-not-understood", test, f"when input is watched for cannot be told: `{code(test)}`")
        for each in contains(test):
            word = _word(each)
            if word is not None and word not in known and not _constant(tree, names, each) and not _is_role(tree, names, found, test):
                raise Refused("event-not-understood", test, f"input is not watched for while `{code(test)}` does not hold")


def code_of_for(tree: Tree, comprehension: cst.CSTNode) -> set[str]:
    """What the comprehension that a condition belongs to goes over."""
    above = tree.parent(comprehension)
    return {code(above.iter)} if isinstance(above, cst.CompFor) and "writ" not in code(tree.statement(above)).partition("=")[0] else set()


def _is_asked(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a flag stands in a test of what happened, in the first registration, or in the making of a constant."""
    for above in tree.ancestors(node):
        if isinstance(above, cst.BinaryOperation) and isinstance(above.operator, cst.BitAnd):
            return True
        if isinstance(above, cst.Comparison):
            return True
        if isinstance(above, cst.Call) and code(above.func).endswith(".register"):
            return True
        if isinstance(above, cst.SimpleStatementLine):
            return tree.parent(above) is tree.module
    return False


def _guards(tree: Tree, node: cst.CSTNode) -> list[cst.BaseExpression]:
    """The tests on which it depends whether a flag is asked for, as far as they are no tests of events."""
    tests = []
    for above in tree.ancestors(node):
        if isinstance(above, cst.If | cst.IfExp) and not tree.within(node, above.test):
            tests.append(above.test)
        if isinstance(above, cst.FunctionDef):
            break
    return [test for test in tests if not any(isinstance(each, cst.BitAnd) for each in contains(test))]


def _word(node: cst.CSTNode) -> str | None:
    """The last part of a name, attribute or table in a test."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else None


def _constant(tree: Tree, names: Names, node: cst.CSTNode) -> bool:
    """Whether a name is a module, a constant, a class, a parameter that only leads to what is asked, or a function as `len`."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Attribute) and parent.attr is node:
        return True
    if names.qualified(node):
        return True
    if isinstance(parent, cst.Attribute | cst.Index) or (isinstance(parent, cst.Attribute) and parent.value is node):
        return True
    values = names.values(names.variable(node))
    return bool(values) and all(isinstance(value, cst.Integer | cst.BinaryOperation) for value in values)


def _is_role(tree: Tree, names: Names, found: Found, test: cst.CSTNode) -> bool:
    parts = [each for each in contains(test) if isinstance(each, cst.Name | cst.Attribute)]
    return any(is_listener(tree, names, found, each) for each in parts) or code(test).endswith(("is None", "is not None"))


def _owed(tree: Tree) -> set[str]:
    sends = [call for call in tree.all(cst.Call) if code(call.func).endswith(".send") and len(call.args) == 1]
    return {code(call.args[0].value).rpartition(".")[2].partition("[")[0] for call in sends}


def _flags_of_the_end(tree: Tree, names: Names) -> set[str]:
    """The words in the tests on which the closing of a connection depends; of a variable of events, those in its making."""
    words: set[str] = set()
    for line in tree.all(cst.SimpleStatementLine):
        call = is_call_statement(line)
        closes = call is not None and (code(call.func).endswith(".close") or _closes(names, call))
        if not closes:
            continue
        for above in tree.ancestors(line):
            if isinstance(above, cst.If):
                words |= _words(names, [above.test])
            if isinstance(above, cst.FunctionDef):
                break
    return words


def _words(names: Names, tests: Iterable[cst.CSTNode]) -> set[str]:
    words = set()
    for test in tests:
        for each in contains(test):
            word = _word(each)
            values = names.values(names.variable(each)) if isinstance(each, cst.Name) else []
            made = [inner for value in values if any(flags(names, part) for part in contains(value) if isinstance(part, cst.Attribute | cst.Name)) for inner in contains(value)]
            words |= {word} if word is not None else set()
            words |= {inner for part in made if (inner := _word(part)) is not None}
    return words


def _closes(names: Names, call: cst.Call) -> bool:
    function = names.function(call.func)
    return function is not None and any(code(each).endswith(".close()") for each in function.body.body)


def _begins_reading(tree: Tree, names: Names, found: Found) -> None:
    call = registrations(tree, names, found)[False].call
    given = [arg.value for index, arg in enumerate(call.args) if index == 1 or (arg.keyword is not None and arg.keyword.value == "events")]
    asked = flags(names, given[0]) if given else {"read"}
    if asked is None or "read" not in asked:
        raise Refused("event-not-understood", call, "a new connection is not watched for input")


def _leaves_when_closed(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """Whatever is not watched any more must be closed then."""
    watched = {code(each) for each in turn.watched}
    for line in tree.all(cst.SimpleStatementLine):
        call = is_call_statement(line)
        if call is None or not isinstance(call.func, cst.Attribute) or call.func.attr.value not in LEAVES:
            continue
        about = found.poller is not None and names.variable(call.func.value) == found.poller
        if not about and code(call.func.value) not in watched:
            continue
        block = tree.parent(line)
        beside: Sequence[cst.CSTNode] = block.body if isinstance(block, cst.IndentedBlock) else ()
        if not any((inner := is_call_statement(each)) is not None and (code(inner.func).endswith(".close") or _closes(names, inner)) for each in beside):
            raise Refused("end-not-understood", line, "it is not watched any more, and stays open")


def _same_data(tree: Tree, names: Names, found: Found) -> None:
    """What is called for a connection must stay the same."""
    if found.kind != "selectors" or found.poller is None:
        return
    data = registrations(tree, names, found)[False].data
    owner = names.class_called(data.func) if isinstance(data, cst.Call) else None
    for load in names.loads[found.poller]:
        attribute = tree.parent(load)
        call = tree.parent(attribute) if attribute is not None else None
        if isinstance(attribute, cst.Attribute) and attribute.attr.value == "modify" and isinstance(call, cst.Call):
            given = [arg.value for index, arg in enumerate(call.args) if index == 2 or (arg.keyword is not None and arg.keyword.value == "data")]
            same = (not given and data is None) or (given and data is not None and code(given[0]) == code(data))
            if not same and not (given and owner is not None and names.held(given[0]) is owner):
                raise Refused("event-not-understood", call, "what is called for a connection changes")


def _begins_with_listener(tree: Tree, names: Names, found: Found, turn: Turn) -> None:
    """A list of what is watched must begin with the listening socket alone."""
    for node in turn.watched:
        for value in names.values(names.variable(node)):
            if isinstance(value, cst.List | cst.Set | cst.Tuple):
                for element in value.elements:
                    if not is_listener(tree, names, found, element.value):
                        raise Refused("odd-event-loop", element, "something else is watched from the beginning")
