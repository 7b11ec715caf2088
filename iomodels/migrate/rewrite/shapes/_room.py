"""Who is watched for output: a connection that is owed something, from then on until nothing is owed to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._found import Found
from iomodels.migrate.rewrite.shapes._tools import closes, code, contains, is_call_statement, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Room", "added", "beside_close", "ends_turn", "only_served", "room_for", "watched_while_owed"]

PUTS, TAKES = {"append", "add"}, {"remove", "discard"}


@dataclass
class Room:
    """The collection of those that are watched for output.

    elements: what a ready connection is called. loop: the loop over who has input. dropped: statements that go altogether.
    """

    variable: Variable
    text: str
    elements: set[str]
    loop: cst.For
    dropped: Sequence[cst.CSTNode]

    def puts(self, line: cst.CSTNode) -> bool:
        """Whether a statement puts a connection in, once: into a set, or into a list that has been asked."""
        guard = isinstance(line, cst.If)
        return self._calls(line, PUTS) and (guard or code(line).startswith(f"{self.text}.add("))

    def removes(self, line: cst.CSTNode) -> bool:
        """Whether a statement takes a connection out."""
        return self._calls(line, TAKES)

    def waits(self, found: Found, load: cst.CSTNode) -> bool:
        """Whether a use only serves the wait."""
        return any(arg.value is load for arg in found.call.args[1:3])

    def _calls(self, line: cst.CSTNode, methods: set[str]) -> bool:
        if isinstance(line, cst.If):  # `if ready in writers: writers.remove(ready)`
            asked = {f"{each} {word} {self.text}" for each in self.elements for word in ("in", "not in")}
            whole = code(line.test) in asked and line.orelse is None and len(line.body.body) == 1
            return whole and self._calls(line.body.body[0], methods)
        call = is_call_statement(line)
        return call is not None and code(call) in {
            f"{self.text}.{method}({each})" for method in methods for each in self.elements
        }


def room_for(names: Names, found: Found, elements: set[str], loop: cst.For, dropped: Sequence[cst.CSTNode]) -> Room | None:
    """The collection, where `select` is given one that begins empty; None where a list is made for each wait."""
    given = found.call.args[1].value
    variable = names.variable(given)
    values = [code(value) for value in names.values(variable)]
    if variable is None or variable.attribute or values not in (["[]"], ["set()"], ["list()"]):
        return None
    return Room(variable, code(given), elements, loop, dropped)


def added(tree: Tree, line: cst.CSTNode, room: Room) -> bool:
    """Whether a connection is put in beside a line, whatever happens."""
    block = tree.parent(line)
    if not isinstance(block, cst.IndentedBlock):
        return False
    index = next(index for index, each in enumerate(block.body) if each is line)
    return any(room.puts(each) for each in (*block.body[max(index - 1, 0) : index], *block.body[index + 1 : index + 2]))


def ends_turn(tree: Tree, line: cst.CSTNode, room: Room) -> bool:
    """Whether nothing follows a line in its turn, but what only serves the loop; and no `try` would see it fail."""
    below = line
    for above in tree.ancestors(line):
        if isinstance(above, cst.IndentedBlock):
            index = next(index for index, each in enumerate(above.body) if each is below)
            rest = [each for each in above.body[index + 1 :] if not room.puts(each)]
            if not all(isinstance(only(each), cst.Continue | cst.Pass) for each in rest):
                return False
        elif above is room.loop:
            return True
        elif isinstance(above, cst.Try):
            if above.finalbody is not None or below is not above.orelse:
                return False
        elif not isinstance(above, cst.If | cst.Else):
            return False
        below = above
    return False


def beside_close(tree: Tree, names: Names, line: cst.CSTNode) -> bool:
    """Whether a connection is closed in the block of a line."""
    block = tree.parent(line)
    beside = block.body if isinstance(block, cst.IndentedBlock) else ()
    return any(
        (call := is_call_statement(each)) is not None and (code(call.func).endswith(".close") or closes(names, call))
        for each in beside
    )


def watched_while_owed(
    tree: Tree, names: Names, found: Found, owed: str, elements: set[str], room: Room | None, writing: cst.CSTNode
) -> None:
    """Raise Refused where what is owed may wait though there is room. writing: the part that writes."""
    for node in _growths(tree, owed, elements):
        assign = tree.parent(tree.parent(node) or node)
        value = assign.value if isinstance(assign, cst.Assign) else None
        if value is not None and not (isinstance(value, cst.BinaryOperation) and code(value.left) == code(node)):
            raise Refused(
                "buffer-not-understood", node, "it takes the place of what is owed already, which the loop never sent then"
            )
    if room is None:
        if not _made_of_owed(tree, names, found, owed, elements):
            what = f"who is watched for output is not seen to be whoever is owed something in `{owed}`"
            raise Refused("event-not-understood", found.call.args[1].value, what)
        return
    for node in _growths(tree, owed, elements):
        if not tree.within(node, room.loop) or not added(tree, tree.statement(node), room):
            raise Refused("buffer-not-understood", node, f"`{code(node)}` may owe more, and room for it is not waited for then")
    tests = {f"not {owed}"}

    def known(line: cst.CSTNode) -> bool:
        above = tree.parent(tree.parent(line) or line)
        empty = isinstance(above, cst.If) and code(above.test) in tests and tree.within(line, above.body)
        return room.puts(line) or (empty and tree.within(line, writing))

    only_served(tree, names, found, room, known)


def only_served(tree: Tree, names: Names, found: Found, room: Room, known: Callable[[cst.CSTNode], bool]) -> None:
    """Raise Refused where the collection is used for more than the wait, and where it is changed, but for what is known."""
    for load in names.loads[room.variable]:
        line = tree.statement(load)
        guard = tree.parent(tree.parent(line) or line)
        outer = guard if isinstance(guard, cst.If) and (room.puts(guard) or room.removes(guard)) else line
        if room.waits(found, load) or any(tree.within(load, each) for each in room.dropped):
            continue
        if not (known(outer) or (room.removes(outer) and beside_close(tree, names, outer))):
            raise Refused("event-not-understood", load, f"`{code(line)}`: when it is watched for output cannot be told")


def _growths(tree: Tree, owed: str, elements: set[str]) -> list[cst.BaseExpression]:
    """Where something is added to a buffer, or to that of another connection."""
    table, _, key = owed.partition("[")
    own = key.removesuffix("]") in elements
    found: list[cst.BaseExpression] = [each.target for each in tree.all(cst.AugAssign)]
    for assign in tree.all(cst.Assign):
        if code(assign.value) not in {"b''", 'b""', "bytearray()", "bytes()"}:
            found += [target.target for target in assign.targets]
    for call in tree.all(cst.Call):
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in {"extend", "append", "write"}:
            found.append(call.func.value)
    cuts = {f"{owed} = {owed}["}
    return [
        node
        for node in found
        if own and code(node).startswith(f"{table}[") and not any(code(tree.statement(node)).startswith(cut) for cut in cuts)
    ]


def _made_of_owed(tree: Tree, names: Names, found: Found, owed: str, elements: set[str]) -> bool:
    """Whether it is `[each for each in everyone if owed[each]]`."""
    given = found.call.args[1].value
    values = names.values(names.variable(given)) if isinstance(given, cst.Name) else [given]
    made = values[0] if len(values) == 1 else None
    if not isinstance(made, cst.ListComp) or len(made.for_in.ifs) != 1 or made.for_in.inner_for_in is not None:
        return False
    source, target, test = code(made.for_in.iter), made.for_in.target, code(made.for_in.ifs[0].test)
    table = owed.partition("[")[0]
    if isinstance(target, cst.Tuple):
        [first, *others] = [code(each.value) for each in target.elements]
        return source == f"{table}.items()" and [test] == others and code(made.elt) == first and owed.endswith("]")
    if not isinstance(target, cst.Name) or code(made.elt) != target.value:
        return False
    own = {owed.replace(f"[{each}]", f"[{target.value}]") for each in elements if f"[{each}]" in owed}
    own |= {target.value + owed.removeprefix(each) for each in elements if owed.startswith(f"{each}.")}
    everyone = source in {table, f"list({table})"} and owed.endswith("]")
    read = [each for each in contains(found.call.args[0]) if isinstance(each, cst.Name | cst.Attribute)]
    for name in [each for each in read if isinstance(each, cst.Name)]:
        for store in names.stores.get(names.variable(name), []):  # type: ignore[arg-type]
            if tree.within(store.node, found.loop):
                read += [each for each in contains(tree.statement(store.node)) if isinstance(each, cst.Name | cst.Attribute)]
    return test in own and (everyone or source in {code(each) for each in read})
