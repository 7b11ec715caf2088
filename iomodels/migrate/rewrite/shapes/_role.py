"""For whom a dispatcher is read, and what it is then known to ask."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import libcst as cst

from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._events import flags
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Role", "judge"]

Verdict = bool | Literal["readable", "writable"] | None


@dataclass
class Role:
    """For whom a dispatcher is read: the listening socket, or a connection that has input and takes whatever is sent.

    elements: what stands for the ready socket, as text; descriptors: those that are its number. masks: its events.
    readable, writable: select's lists. data: what `key.data` is. aliases: names in the dispatcher, and what they stand for.
    is_listener: whether an expression is the listening socket; listening: what it was compared with as that.
    owner: the class of what is watched, where objects are. reads: whether the part that reads has come. owed: the buffer that
    is written, as text, None where none was found; writes: the part that does. told: the lines of it that print or log
    something; unasked: those of them that run where nothing is owed too; beside: those that run at each event. queued:
    whether a part that writes takes what it writes from a queue, which becomes of the part that fills it.
    """

    tree: Tree
    names: Names
    listener: bool
    elements: set[str]
    is_listener: Callable[[cst.BaseExpression], bool]
    masks: set[str] = field(default_factory=set)
    readable: set[str] = field(default_factory=set)
    writable: set[str] = field(default_factory=set)
    data: set[str] = field(default_factory=set)
    descriptors: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    listening: str = ""
    owner: cst.ClassDef | None = None
    reads: bool = False
    owed: str | None = None
    writes: cst.CSTNode | None = None
    told: list[cst.CSTNode] = field(default_factory=list)
    unasked: list[cst.CSTNode] = field(default_factory=list)
    beside: list[cst.CSTNode] = field(default_factory=list)
    queued: Callable[[cst.CSTNode], bool] | None = None

    def called(self, call: cst.Call) -> cst.FunctionDef | None:
        """The function of the file that a call goes to, of the watched object's class too."""
        function = self.names.function(call.func)
        if function is None and self.owner is not None and isinstance(call.func, cst.Attribute):
            known = self.tree.code(call.func.value) in self.elements
            return self.names.find_method(self.owner, call.func.attr.value) if known else None
        return function


def judge(test: cst.BaseExpression, role: Role) -> tuple[Verdict, cst.BaseExpression | None]:
    """What a test is: known; "writable"; or open, None. With what is left of it to be asked."""
    code = role.tree.module.code_for_node(test).strip()
    match test:
        case cst.UnaryOperation(operator=cst.Not()):
            verdict, rest = judge(test.expression, role)
            if verdict == "readable" and rest is None:
                return False, None
            return (not verdict, None) if isinstance(verdict, bool) else (None, test)
        case cst.BooleanOperation():
            return _judge_both(test, role)
        case cst.BinaryOperation(operator=cst.BitAnd()) if role.tree.code(test.left) in role.masks:
            asked = flags(role.names, test.right)
            if asked is None:
                raise Refused("event-not-understood", test, f"what `{code}` asks cannot be told")
            return ("readable" if "read" in asked else "writable" if "write" in asked else False), None
        case cst.Comparison() if len(test.comparisons) == 1:
            verdict = _compared(role.tree.code(test.left), test, role)
            return verdict, test if verdict is None else None
    return None, test


def _judge_both(test: cst.BooleanOperation, role: Role) -> tuple[Verdict, cst.BaseExpression | None]:
    (left, first), (right, second) = judge(test.left, role), judge(test.right, role)
    decisive = isinstance(test.operator, cst.Or)  # the value of one side that is the value of both
    for verdict, other, rest in ((left, right, second), (right, left, first)):
        if isinstance(verdict, bool):
            if verdict is decisive:
                return (decisive, None) if verdict is left else (None, test)
            return other, rest
        if verdict in ("readable", "writable") and other is None and not decisive:
            return verdict, rest
    return None, test


def _compared(left: str, test: cst.Comparison, role: Role) -> Verdict:
    target = test.comparisons[0]
    operator, right = target.operator, role.tree.code(target.comparator)
    if isinstance(operator, cst.Is | cst.Equal | cst.IsNot | cst.NotEqual):
        positive = isinstance(operator, cst.Is | cst.Equal)
        known: bool | None = None
        if left in role.elements and role.is_listener(target.comparator):
            known, role.listening = role.listener, right
        elif (right in role.elements and role.is_listener(test.left)) or (left in role.data and right == "None"):
            known = role.listener
        elif left in role.masks and positive and flags(role.names, target.comparator) == {"read"}:
            return "readable"
        return None if known is None else known is positive
    if isinstance(operator, cst.In) and left in role.elements:
        if right in role.readable:
            return "readable" if not role.listener else True
        return "writable" if right in role.writable else None
    return None
