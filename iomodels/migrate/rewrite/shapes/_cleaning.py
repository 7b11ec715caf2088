"""The third text: what only served the loop is gone: registrations, lists, tables of descriptors, non-blocking calls."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._excepts import live
from iomodels.migrate.rewrite.shapes._owed import any_interest, emptied_by_all, given_empty, negated, whole_writes
from iomodels.migrate.rewrite.shapes._removed import Removed, is_poller, only_kept, take_list, take_poller, texts_of
from iomodels.migrate.rewrite.shapes._tables import tables
from iomodels.migrate.rewrite.shapes._told import tells
from iomodels.migrate.rewrite.shapes._tools import code, contains, is_call_statement, keep_apart, only
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["GONE", "clean", "is_gone"]

NON_BLOCKING = (".setblocking(False)", ".setblocking(0)", ".settimeout(0)", ".settimeout(0.0)")
CALLS = {"recv", "recv_into", "accept", "send", "sendall"}


def clean(tree: Tree, names: Names, name: str, watched: set[str], *, told: bool) -> str:
    """The text. told: whether what is written is told of. Raises Refused for a use of what served the loop that is not
    understood.
    """
    removed = Removed(tree, names)
    for variable in list(names.stores):
        if is_poller(names, variable):
            take_poller(tree, names, variable, removed)
        elif texts_of(tree, names, variable) & watched and only_kept(tree, names, variable):
            take_list(tree, names, variable, removed)
    for statement in tree.all(cst.SimpleStatementLine):
        call = is_call_statement(statement)
        if call is not None and code(call).endswith(NON_BLOCKING):
            removed.lines.add(id(statement))
    texts = tables(tree, names, name, removed.lines)
    _goes_whole(tree, names, removed.lines, texts)
    module = tree.module.visit(_Cleaner(tree, names, removed, texts, told=told))
    assert isinstance(module, cst.Module)
    return module.code


def _goes_whole(tree: Tree, names: Names, lines: set[int], texts: dict[int, str]) -> None:
    """Raise Refused where a line goes that does more than to make what nobody uses then: `connections = {}; print("ready")`."""
    for line in tree.all(cst.SimpleStatementLine):
        for small in line.body if id(line) in lines and len(line.body) > 1 else ():
            target = small.targets[0].target if isinstance(small, cst.Assign) and len(small.targets) == 1 else None
            variable = names.variable(target) if target is not None else None
            loads = names.loads[variable] if variable is not None else []
            used = [each for each in loads if id(tree.statement(each)) not in lines and id(tree.parent(each)) not in texts]
            plain = isinstance(small, cst.Assign) and code(small.value) in {"{}", "[]", "set()", "dict()", "list()"}
            what = code(small).rstrip("; ")
            if variable is None or used or not plain:
                raise Refused("odd-event-loop", line, f"`{what}` stands in a line with what only served the loop, and is more")


GONE = cst.parse_statement("pass  # gone")


def is_gone(body: cst.CSTNode | None) -> bool:
    return isinstance(body, cst.IndentedBlock) and len(body.body) == 1 and code(body.body[0]) == code(GONE)


class _Cleaner(cst.CSTTransformer):
    """Takes statements out, and what is empty without them; writes buffers whole, and knows that they are empty then."""

    def __init__(self, tree: Tree, names: Names, removed: Removed, texts: dict[int, str], *, told: bool) -> None:
        super().__init__()
        self._tree, self._names, self._removed, self._texts = tree, names, removed, texts
        values = {code(each.value) for each in tree.all(cst.Assign) if "bytearray(" in code(each.value)}
        targets = [target.target for each in tree.all(cst.Assign) for target in each.targets if code(each.value) in values]
        targets += [
            each.target for each in tree.all(cst.AnnAssign) if each.value is not None and "bytearray(" in code(each.value)
        ]
        self._bytearrays = {code(target).rpartition(".")[2].partition("[")[0] for target in targets}
        lines = tree.all(cst.SimpleStatementLine)
        telling = {line for line in lines if told and (call := is_call_statement(line)) is not None and tells(names, call)}
        self._told = {code(line) for line in telling}
        self._counted: set[str] = set()
        self._measured: set[str] = set()
        for line in lines:
            variable = names.variable(small.targets[0].target) if isinstance(small := only(line), cst.Assign) else None
            if variable is not None:
                loads = [load for load in names.loads[variable] if tree.statement(load) not in telling]
                self._counted |= {code(line)} if len(loads) != len(names.stores[variable]) else set()
                self._measured |= {code(line)} if len(loads) != len(names.loads[variable]) else set()
        self._tests: dict[int, list[cst.BaseExpression]] = {}
        self._asked: list[cst.If] = []  # the nodes of those: while they live, no other has the identity of one

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> object:  # type: ignore[override]
        if id(original_node) in self._removed.lines:
            return cst.RemoveFromParent()
        if id(original_node) in self._texts:
            return cst.parse_expression(self._texts[id(original_node)])
        match updated_node:
            case cst.SimpleStatementLine(body=[]):
                return cst.RemoveFromParent()
            case cst.Del():
                return self._del(original_node.target, updated_node)  # type: ignore[attr-defined]
            case cst.IndentedBlock():
                body = keep_apart(original_node.body, self._known(updated_node.body), self._removed.lines)  # type: ignore[attr-defined]
                return updated_node.with_changes(body=body or [GONE])
            case cst.Module():
                return updated_node.with_changes(body=keep_apart(original_node.body, updated_node.body, self._removed.lines))  # type: ignore[attr-defined]
            case cst.If():
                return self._if(original_node, updated_node)  # type: ignore[arg-type]
            case cst.Try():
                return self._try(original_node, updated_node)  # type: ignore[arg-type]
        return updated_node

    def _del(self, target: cst.BaseDelTargetExpression, updated_node: cst.Del) -> object:
        parts = [each.value for each in target.elements] if isinstance(target, cst.Tuple) else [target]
        if all(id(each) in self._texts or isinstance(each, cst.Name) for each in parts) and any(
            id(each) in self._texts for each in parts
        ):
            return cst.RemoveFromParent()
        return updated_node

    def _known(self, statements: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
        """Statements, with the tests that follow a whole write answered as far as they ask for what is owed."""
        statements = whole_writes(statements, self._bytearrays, self._counted, self._told, self._measured)
        left: list[cst.CSTNode] = []
        for statement in statements:
            known = emptied_by_all(left)
            if isinstance(statement, cst.If) and (id(statement) in self._tests or known):
                left += self._choose(statement, known)
            else:
                left.append(statement)
        return left

    def _choose(self, statement: cst.If, known: set[str]) -> list[cst.CSTNode]:
        values = self._tests.get(id(statement))
        if values is None:
            test: cst.BaseExpression | bool = given_empty(statement.test, known)
            if not isinstance(test, bool) or not (is_gone(statement.body) or statement.orelse is None or test):
                return [statement]
        else:
            asked = [any_interest(value, known) for value in values]
            open_ = [each for each in asked if not isinstance(each, bool)]
            if any(each is True for each in asked) or len(open_) > 1:
                raise Refused("event-not-understood", values[0], "what a connection is watched for cannot be told")
            test = open_[0] if open_ else False
        rest = statement.orelse
        if isinstance(test, bool):
            if test:
                return list(statement.body.body) if not is_gone(statement.body) else []
            if isinstance(rest, cst.If):
                return [rest.with_changes(leading_lines=statement.leading_lines)]
            return list(rest.body.body) if rest is not None else []
        if is_gone(statement.body):
            if not isinstance(rest, cst.Else):
                return []
            return [statement.with_changes(test=negated(test), body=rest.body, orelse=None)]
        return [statement.with_changes(test=test)]

    def _if(self, original_node: cst.If, updated_node: cst.If) -> object:
        rest = updated_node.orelse
        if isinstance(rest, cst.Else) and is_gone(rest.body):
            rest = None
            updated_node = updated_node.with_changes(orelse=None)
        if is_gone(updated_node.body) and rest is None:
            self._harmless(original_node)
            return cst.RemoveFromParent()
        if id(original_node.test) in self._removed.events:
            self._asked.append(updated_node)
            self._tests[id(updated_node)] = self._removed.events[id(original_node.test)]
        elif is_gone(updated_node.body) and isinstance(rest, cst.Else):
            return updated_node.with_changes(test=negated(updated_node.test), body=rest.body, orelse=None)
        return updated_node

    def _harmless(self, node: cst.If) -> None:
        calls = [each.func for each in contains(node.test) if isinstance(each, cst.Call)]
        if any(self._names.qualified(func) != "builtins.len" and not code(func).endswith(".fileno") for func in calls):
            raise Refused("event-not-understood", node, f"`{code(node.test)}` is asked, and nothing is left to be done")

    def _try(self, original_node: cst.Try, updated_node: cst.Try) -> object:
        handlers = updated_node.handlers
        if any(isinstance(each, cst.Call) and self._waits(each) for each in contains(original_node.body)):
            kept = live(self._names, original_node.handlers)
            ids = {id(each.body): each for each in kept}
            handlers = [
                new.with_changes(type=ids[id(old.body)].type)
                for old, new in zip(original_node.handlers, updated_node.handlers, strict=True)
                if id(old.body) in ids
            ]
        final = updated_node.finalbody
        if final is not None and is_gone(final.body):
            final = None
        if not handlers and final is None and updated_node.orelse is None:
            body = list(updated_node.body.body)
            if body and original_node.leading_lines:
                body[0] = body[0].with_changes(leading_lines=original_node.leading_lines)
            return cst.FlattenSentinel(body)
        return updated_node.with_changes(handlers=handlers, finalbody=final)

    def _waits(self, call: cst.Call) -> bool:
        waits = isinstance(call.func, cst.Attribute) and call.func.attr.value in CALLS
        return waits or self._names.function(call.func) is not None
