"""The fourth text: what closed a connection ends its conversation, and the loop over its turns stands where it does."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.colour import called
from iomodels.migrate.rewrite.edits import Edits, apply
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._holders import holders
from iomodels.migrate.rewrite.shapes._told import tells
from iomodels.migrate.rewrite.shapes._tools import code, is_call_statement, suite
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["end"]


def end(tree: Tree, names: Names, name: str, watched: set[str]) -> str:
    """The text. Raises Refused when it cannot be told where a conversation ends."""
    [converse] = [each for each in tree.all(cst.FunctionDef) if each.name.value == name]
    loop = converse.body.body[-1]
    assert isinstance(loop, cst.While)
    ending = _Ending(tree, names, converse, loop)
    edits = Edits(tree)
    places = {id(function): function for function in map(tree.function, ending.ends) if function is not None}
    if not ending.ends:
        raise Refused("end-not-understood", converse, "no connection is closed")
    inner = ending.inner()
    if set(places) == {id(converse)}:
        ending.put(edits, converse, loop.body)
    elif inner is not None and set(places) <= {id(converse), id(inner)}:
        ending.put(edits, inner, inner.body)
        ending.around(loop.body.body[0])
        around = cst.While(cst.Name("True"), cst.IndentedBlock([]))
        edits.edit(inner, "loop", lambda updated: updated.with_changes(body=_looped(updated.body, around)))
        edits.edit(loop, "no loop", lambda updated: cst.FlattenSentinel(_first_plain(updated, len(converse.body.body) == 1)))
    else:
        test = _membership(tree, names, converse, watched)
        if test is None:
            raise Refused(
                "end-not-understood", ending.ends[0], "it is closed in a function that does not say so to its callers"
            )
        edits.edit(loop, "test", lambda updated: updated.with_changes(test=cst.parse_expression(test)))
    return apply(tree, edits).code


def _looped(body: cst.IndentedBlock, around: cst.While) -> cst.IndentedBlock:
    """A function's body in a loop, after its docstring."""
    first = body.body[0]
    docstring = (
        isinstance(first, cst.SimpleStatementLine)
        and isinstance(first.body[0], cst.Expr)
        and isinstance(first.body[0].value, cst.BaseString)
    )
    before, turn = (list(body.body[:1]), body.body[1:]) if docstring else ([], body.body)
    return body.with_changes(body=[*before, around.with_changes(body=suite(turn))])


def _first_plain(loop: cst.While, first: bool) -> list[cst.BaseStatement]:
    statements = list(loop.body.body)
    if not first:
        statements[0] = statements[0].with_changes(leading_lines=loop.leading_lines)
    return statements  # type: ignore[return-value]


def _membership(tree: Tree, names: Names, converse: cst.FunctionDef, watched: set[str]) -> str | None:
    """`sock in self.peers`, when that is what the loop watched: a conversation goes on as long as it was."""
    params = [param.name.value for param in converse.params.params if names.self_class(param.name) is None]
    kept = [
        each
        for each in watched
        if each.startswith("self.") and any(tree.code(node) == each for node in tree.all(cst.Attribute))
    ]
    subscripts = {code(each) for each in tree.all(cst.Subscript) if tree.within(each, converse)}
    kept = [
        each
        for each in kept
        if f"{each}[{params[0]}]" in subscripts
        or any(code(node) == f"{each}.append({params[0]})" for node in tree.all(cst.Call))
    ]
    return f"{params[0]} in {kept[0]}" if len(kept) == 1 else None


class _Ending:
    """ends: the statements that close the connection, or call what always does."""

    def __init__(self, tree: Tree, names: Names, converse: cst.FunctionDef, loop: cst.While) -> None:
        self._tree, self._names, self._converse, self._loop = tree, names, converse, loop
        self._reached = [converse, *called(tree, names, [converse])]
        self._holders = holders(tree, names, converse)
        self._closers: list[cst.FunctionDef] = []
        while more := [
            each for each in self._reached if each is not converse and each not in self._closers and self._closes(each)
        ]:
            self._closers += more
        lines = [line for line in tree.all(cst.SimpleStatementLine) if tree.function(line) in self._reached]
        self.ends = [line for line in lines if self._is_end(line) and tree.function(line) not in self._closers]

    def _closes(self, function: cst.FunctionDef) -> bool:
        """Whether it always does: nothing returns from it before."""
        index = next((index for index, line in enumerate(function.body.body) if self._is_end(line)), None)
        if index is None:
            return False
        before = function.body.body[:index]
        returns = [node for node in self._tree.all(cst.Return) if self._tree.function(node) is function]
        return not any(self._tree.within(node, line) for node in returns for line in before)

    def _is_end(self, line: cst.CSTNode) -> bool:
        call = is_call_statement(line)
        if call is None:
            return False
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "close" and not call.args:
            return self._names.variable(call.func.value) in self._holders
        return self._names.function(call.func) in self._closers

    def inner(self) -> cst.FunctionDef | None:
        """The one function that a turn calls, when it does nothing else but catch what that raises."""
        body = self._loop.body.body
        only = body[0] if len(body) == 1 else None
        if isinstance(only, cst.Try) and only.orelse is None and only.finalbody is None and len(only.body.body) == 1:
            only = only.body.body[0]
        call = is_call_statement(only) if only is not None else None
        function = self._names.function(call.func) if call is not None else None
        if function is None or not isinstance(function.body, cst.IndentedBlock):
            return None
        calls = [each for each in self._tree.all(cst.Call) if self._names.function(each.func) is function]
        return function if len(calls) == 1 else None

    def around(self, statement: cst.CSTNode) -> None:
        """What catches round the loop must end the conversation."""
        if isinstance(statement, cst.Try):
            for handler in statement.handlers:
                if not any(self._is_end(line) for line in handler.body.body):
                    raise Refused("end-not-understood", handler, "after this exception the connection is served further")

    def put(self, edits: Edits, function: cst.FunctionDef, block: cst.BaseSuite) -> None:
        """Let each end return, and each return that was no end go on with the next turn."""
        tree = self._tree
        done = []
        for line in (each for each in self.ends if tree.function(each) is function):
            parent = tree.parent(line)
            assert isinstance(parent, cst.IndentedBlock)
            index = next(index for index, each in enumerate(parent.body) if each is line)
            rest = parent.body[index + 1 :]
            jumps = [
                each for each in rest if _is(each, cst.Return) or (_is(each, cst.Continue) and not self._in_loop(each, block))
            ]
            if jumps:
                done += [jumps[0]]
                edits.edit(jumps[0], "return", lambda updated: updated.with_changes(body=[cst.Return()]))
            elif all(isinstance(each, cst.SimpleStatementLine) for each in rest) and self._last(parent, block):
                edits.edit(
                    [line, *rest][-1], "return", lambda updated: cst.FlattenSentinel([updated, cst.parse_statement("return")])
                )
            else:
                raise Refused("end-not-understood", line, "more is done in the turn that closes it")
        for node in tree.all(cst.Return):
            statement = tree.statement(node)
            if tree.function(node) is not function or not tree.within(node, block) or statement in done:
                continue
            inside = [
                above for above in tree.ancestors(node) if isinstance(above, cst.For | cst.While) and tree.within(above, block)
            ]
            if node.value is not None or inside:
                raise Refused("end-not-understood", node, "it returns from within a turn")
            edits.replace(node, cst.Continue())
        for leaving in tree.all(cst.Break):
            if tree.within(leaving, block) and tree.function(leaving) is function and not self._in_loop(leaving, block):
                raise Refused("end-not-understood", leaving, "the loop over who is ready is left")

    def _in_loop(self, node: cst.CSTNode, block: cst.CSTNode) -> bool:
        return any(
            isinstance(above, cst.For | cst.While) and above is not self._loop and self._tree.within(above, block)
            for above in self._tree.ancestors(node)
        )

    def _last(self, place: cst.CSTNode, block: cst.CSTNode) -> bool:
        """Whether nothing follows a block in its turn."""
        below: cst.CSTNode = place
        for above in self._tree.ancestors(place):
            if below is block:
                return True
            if isinstance(above, cst.For | cst.While) or (isinstance(above, cst.Try) and (above.orelse or above.finalbody)):
                return above is self._loop and below is block
            if isinstance(above, cst.IndentedBlock):
                rest: Sequence[cst.CSTNode] = above.body[next(i for i, each in enumerate(above.body) if each is below) + 1 :]
                if any(not _is(each, cst.Continue) and not self._is_sending(each) for each in rest):
                    return False
            below = above
        return False

    def _is_sending(self, statement: cst.CSTNode) -> bool:
        """Whether it is `if owed: connection.sendall(owed)`, which may be told of before: of a connection that was closed in
        this turn nothing is owed, for each turn sends all; and the old loop, which might owe something still, met its own
        closed socket there.
        """
        if not isinstance(statement, cst.If) or statement.orelse is not None or self._tree.calls_in(statement.test):
            return False
        lines = statement.body.body if isinstance(statement.body, cst.IndentedBlock) else ()
        first, said = self._after_telling(lines)
        if isinstance(first, cst.Try):
            first, more = self._after_telling(first.body.body)
            said = said or more
        call = is_call_statement(first) if first is not None else None
        return (
            call is not None
            and isinstance(call.func, cst.Attribute)
            and call.func.attr.value == "sendall"
            and self._names.variable(call.func.value) in self._holders
            and (not said or self._tree.code(call.args[0].value) in {code(statement.test), f"bytes({code(statement.test)})"})
        )

    def _after_telling(self, lines: Sequence[cst.CSTNode]) -> tuple[cst.CSTNode | None, bool]:
        """The first line that does more than to print or log something; and whether one before it does that."""
        index = 0
        while index < len(lines) and (call := is_call_statement(lines[index])) is not None and tells(self._names, call):
            index += 1
        return next(iter(lines[index:]), None), index > 0


def _is(line: cst.CSTNode, kind: type[cst.CSTNode]) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 and isinstance(line.body[0], kind)
