"""What is known of one connected unit while it is being understood: everything that changes together or not at all."""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits
from iomodels.migrate.rewrite.iterating import as_while, iterated_by
from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.targets import Helper, Op, Table
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Ends", "Options", "Unit", "bare"]


@dataclass(frozen=True)
class Options:
    """What the user allows. concurrent: one client at a time may become many. unsafe: what depends on something unseen."""

    concurrent: bool = False
    unsafe: bool = False


@dataclass(frozen=True)
class Ends:
    """What a connection is called in the new code: one name twice, or asyncio's two."""

    reader: str
    writer: str

    @property
    def both(self) -> tuple[str, ...]:
        return (self.reader,) if self.reader == self.writer else (self.reader, self.writer)


@dataclass
class Unit:
    """A unit.

    rule: the code that its changes carry.
    region: the statement that becomes asynchronous, a loop; None where whole functions do.
    concurrent: whether another client is served meanwhile, so that nothing may block.
    ends: the variables that hold connections.
    roots: functions that new code awaits, whatever they contain. plain: functions that it calls, and does not await.
    consumed: nodes (by identity) that the shape itself has taken care of.
    passed: what goes to a function without being an argument of its call, as a thread's `args` do: the function, the position.
    kept: connections that are put into a container, and that container. keyed: tables that are asked with a connection as key.
    waiting: the nodes that will await. entered: items of `with` that are entered asynchronously.
    quiet: those that await and raise what they raised before, no exception of the library's.
    calls: what is called on connections: the call, its method, the connection.
    giving: the calls that give the next connection. rounds: the loop of a worker, each round of which is a conversation.
    givers: functions that return a connection.
    seconds: the time limit of each of them, as an expression, or "".
    accepted: while the edits are made, what the statement that accepts has become.
    apart: whether its loop runs in a thread beside the main one, where signals do not arrive.
    shares: whether conversations may share locks, and write to other clients. others: the variables that hold those.
    given_out: the containers that they come from, and whether as a dictionary's values. compared: where they are told apart.
    ends_all: whether what fails with one client ends the server, as it ended the loop that served all.
    task_name: the name that the thread was given. tells_names: whether somebody asks for it.
    """

    tree: Tree
    names: Names
    table: Table
    edits: Edits
    rule: str
    options: Options = Options()
    concurrent: bool = False
    region: cst.CSTNode | None = None
    ends: dict[Variable, Ends] = field(default_factory=dict)
    roots: list[cst.FunctionDef] = field(default_factory=list)
    plain: list[cst.FunctionDef] = field(default_factory=list)
    consumed: set[int] = field(default_factory=set)
    passed: dict[int, tuple[cst.BaseExpression, int]] = field(default_factory=dict)
    kept: list[tuple[cst.BaseExpression, cst.BaseExpression]] = field(default_factory=list)
    keyed: list[cst.BaseExpression] = field(default_factory=list)
    waiting: list[cst.CSTNode] = field(default_factory=list)
    calls: list[tuple[cst.Call, str, cst.BaseExpression]] = field(default_factory=list)
    entered: set[int] = field(default_factory=set)
    quiet: set[int] = field(default_factory=set)
    giving: list[cst.Call] = field(default_factory=list)
    givers: list[cst.FunctionDef] = field(default_factory=list)
    rounds: cst.CSTNode | None = None
    seconds: str = ""
    accepted: list[cst.CSTNode] = field(default_factory=list)
    apart: bool = False
    shares: bool = False
    others: set[Variable] = field(default_factory=set)
    given_out: dict[Variable, bool] = field(default_factory=dict)
    compared: list[cst.Comparison] = field(default_factory=list)
    ends_all: bool = False
    task_name: cst.BaseExpression | None = None
    tells_names: bool = False

    def note(self, node: cst.CSTNode, text: str) -> None:
        self.edits.note(node, self.rule, text)

    def new_ends(self, variable: Variable) -> Ends:
        """Names for a connection: its own, or `reader` and `writer`, with its own before them where those are taken."""
        if not self.table.pair:
            return Ends(variable.name, variable.name)
        taken = {name.value for name in self.tree.all(cst.Name)}
        others = {other.name for other in self.ends if self._place(other) is self._place(variable)}
        if {"reader", "writer"} & taken or others - {variable.name}:
            return Ends(f"{variable.name}_reader", f"{variable.name}_writer")
        return Ends("reader", "writer")

    def _place(self, variable: Variable) -> cst.CSTNode:
        """The outermost function, or class of an attribute, in which a variable's name has its meaning; else the module."""
        kind = cst.ClassDef if variable.attribute else cst.FunctionDef
        stores = self.names.stores.get(variable, [])
        above = [node for node in self.tree.ancestors(stores[0].node) if isinstance(node, kind)] if stores else []
        return above[-1] if above else self.tree.module

    def ends_of(self, node: cst.CSTNode) -> Ends | None:
        """What an expression that is a connection becomes, or None: it is none."""
        variable = self.names.variable(node)
        ends = self.ends.get(variable) if variable is not None else None
        if ends is None or not isinstance(node, cst.Attribute):
            return ends
        owner = self.tree.code(node.value)
        return Ends(f"{owner}.{ends.reader}", f"{owner}.{ends.writer}")

    def use(self, op: Op, ends: Ends | None, *args: str) -> str:
        """The text of an operation, without `await`; what it needs is written into the file."""
        text, helper = op.text, op.helper
        if helper is not None:
            here = helper.beside(self._has_own)
            text = helper.called_as(here.name, text)
            self.edits.need(here)
        self.edits.imports.update(op.imports)
        reader, writer = (ends.reader, ends.writer) if ends is not None else ("", "")
        return text.format(*args, reader=reader, writer=writer)

    def _has_own(self, helper: Helper) -> bool:
        """Whether the file has another function, of its own, under the name of one that new code calls."""
        return any(
            each.name.value == helper.name and self.tree.class_of(each) is None and self.tree.code(each) != helper.code.strip()
            for each in self.tree.all(cst.FunctionDef)
        )

    def wait(self, node: cst.CSTNode) -> None:
        """Say that a node will await, so that what it stands in must be asynchronous."""
        self.waiting.append(node)
        for above in self.tree.ancestors(node):
            if isinstance(above, cst.Lambda) and (loop := iterated_by(self.tree, self.names, above)) is not None:
                self.edits.edit(loop, "while", as_while)
            elif isinstance(above, cst.Lambda | cst.GeneratorExp | cst.Decorator):
                raise Refused("cannot-become-async", node, "a lambda or a generator expression cannot await")
            if isinstance(above, cst.FunctionDef):
                return

    def await_call(self, call: cst.Call) -> None:
        """Put `await` before a call."""
        self.wait(call)
        self.edits.edit(call, "await", lambda updated: self.awaited(call, self.tree.module.code_for_node(updated)))

    def make_async(self, node: cst.FunctionDef | cst.For | cst.With) -> None:
        """Put `async` before a function, a loop or a `with`."""
        self.edits.edit(node, "async", lambda updated: updated.with_changes(asynchronous=cst.Asynchronous()))

    def awaited(self, node: cst.CSTNode, text: str) -> cst.BaseExpression:
        """An expression that awaits, in parentheses unless its place needs none."""
        await_ = cst.parse_expression(f"await {text}", config=self.tree.module.config_for_parsing)
        return (
            await_
            if bare(self.tree.parent(node), node)
            else await_.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        )


def bare(parent: cst.CSTNode | None, node: cst.CSTNode) -> bool:
    """Whether `await x` can stand in a place without parentheses round it."""
    if isinstance(parent, cst.Attribute | cst.Subscript | cst.Await | cst.FormattedStringExpression):
        return False
    if isinstance(parent, cst.Call):
        return parent.func is not node
    return not (isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Power))
