"""A pipe that signals write to: its two ends, and everything that a file does with them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.shapes._pipe_handlers import Handlers, handlers
from iomodels.migrate.rewrite.shapes._tools import is_call_statement
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Pipe", "pipes", "use_of"]

PAIRS = {"os.pipe", "os.pipe2", "socket.socketpair"}
SETTING = {".close", ".setblocking", ".settimeout", "os.close", "os.set_blocking", "os.set_inheritable", "fcntl.fcntl"}
WATCHING = {".register", ".unregister", ".append", ".add", ".remove", ".discard"}
READS = {"os.read", ".recv"}
WRITES = {"os.write", ".send", ".sendall"}


@dataclass
class Pipe:
    """A pipe, all of whose uses are understood.

    made: the assignment. read: the end that is read. owner: `self` and a dot, or "". handlers: what signals do.
    lines: statements that go. elements: where the end is an element of a list. reads: the calls that read. tests: the
    comparisons with it. callbacks: what is called for it. lists: the variables that hold it.
    """

    made: cst.Assign
    read: str
    owner: str
    handlers: Handlers
    lines: list[cst.CSTNode] = field(default_factory=list)
    elements: list[cst.Element] = field(default_factory=list)
    reads: list[cst.Call] = field(default_factory=list)
    tests: list[cst.Comparison] = field(default_factory=list)
    callbacks: list[cst.FunctionDef] = field(default_factory=list)
    lists: set[Variable] = field(default_factory=set)


def pipes(tree: Tree, names: Names) -> Iterator[Pipe]:
    """The pipes of a file that signal handlers, or Python itself, write to, and that nobody uses for anything else."""
    for made in tree.all(cst.Assign):
        target = made.targets[0].target
        if (
            not isinstance(made.value, cst.Call)
            or names.qualified(made.value.func) not in PAIRS
            or not isinstance(target, cst.Tuple | cst.List)
            or len(target.elements) != 2
            or len(made.targets) != 1
        ):
            continue
        ends = [element.value for element in target.elements]
        both = (ends, ends[::-1]) if names.qualified(made.value.func) == "socket.socketpair" else (ends,)
        found = (_pipe(tree, names, made, read, write) for read, write in both)
        yield from [pipe for pipe in found if pipe is not None][:1]


def use_of(tree: Tree, names: Names, load: cst.BaseExpression) -> tuple[cst.Call, str] | None:
    """The call that an end is given to (`os.read`), or whose method it is (`.recv`)."""
    parent = tree.parent(load)
    outer = tree.parent(parent) if parent is not None else None
    if isinstance(parent, cst.Attribute) and isinstance(outer, cst.Call) and outer.func is parent:
        if parent.attr.value != "fileno":
            return outer, f".{parent.attr.value}"
        return use_of(tree, names, outer)
    if isinstance(parent, cst.Arg) and isinstance(outer, cst.Call):
        qualified = names.qualified(outer.func)
        return outer, qualified or (f".{outer.func.attr.value}" if isinstance(outer.func, cst.Attribute) else "")
    return None


def _pipe(tree: Tree, names: Names, made: cst.Assign, read: cst.BaseExpression, write: cst.BaseExpression) -> Pipe | None:
    ends = names.variable(read), names.variable(write)
    if ends[0] is None or ends[1] is None or ends[0].attribute != ends[1].attribute:
        return None
    declared: list[cst.Global | cst.Nonlocal] = [*tree.all(cst.Global), *tree.all(cst.Nonlocal)]
    shared = {item.name.value for node in declared for item in node.names}
    if any(len(names.stores[each]) != 1 or each.name in shared for each in ends if each is not None):
        return None
    lines, writes, wakeups = [], [], []
    for load in names.loads[ends[1]]:
        use = use_of(tree, names, load)
        if use is None:
            return None
        call, name = use
        if name in SETTING and is_call_statement(tree.statement(call)) is call:
            lines.append(tree.statement(call))
        elif name in WRITES:
            writes.append(call)
        elif name == "signal.set_wakeup_fd" and is_call_statement(tree.statement(call)) is call:
            wakeups.append(tree.statement(call))
        else:
            return None
    understood = handlers(tree, names, writes, wakeups)
    if understood is None:
        return None
    owner = tree.code(read.value) + "." if isinstance(read, cst.Attribute) else ""
    pipe = Pipe(made, tree.code(read), owner, understood, [tree.statement(made), *lines, *understood.lines])
    return pipe if all(_is_read(tree, names, pipe, load) for load in names.loads[ends[0]]) else None


def _is_read(tree: Tree, names: Names, pipe: Pipe, load: cst.BaseExpression) -> bool:
    """Note one use of the end that is read; whether it is known."""
    parent = tree.parent(load)
    if isinstance(parent, cst.Element):
        pipe.elements.append(parent)
        pipe.lists |= _kept_in(tree, names, parent)
        return isinstance(tree.parent(parent), cst.List)
    compared = tree.parent(parent) if isinstance(parent, cst.ComparisonTarget) else parent
    use = use_of(tree, names, load)
    if isinstance(compared, cst.Comparison) or (use is not None and not use[1]):
        return _test(pipe, compared)
    if use is None:
        return False
    call, name = use
    if isinstance(tree.parent(use[0]), cst.ComparisonTarget | cst.Comparison):
        return False
    if name in READS:
        pipe.reads.append(call)
        return True
    if name not in SETTING | WATCHING or is_call_statement(tree.statement(call)) is not call:
        return False
    pipe.lines.append(tree.statement(call))
    if name == ".register":
        return _registered(tree, names, pipe, call)
    if name in {".append", ".add"} and isinstance(call.func, cst.Attribute):
        variable = names.variable(call.func.value)
        pipe.lists |= {variable} if variable is not None else set()
    return True


def _test(pipe: Pipe, compared: cst.CSTNode | None) -> bool:
    if not isinstance(compared, cst.Comparison) or len(compared.comparisons) != 1:
        return False
    pipe.tests.append(compared)
    return isinstance(compared.comparisons[0].operator, cst.In | cst.Is | cst.Equal)


def _kept_in(tree: Tree, names: Names, element: cst.Element) -> set[Variable]:
    """The variable that a list with it is given to, unless that is made anew for each wait."""
    line = tree.statement(element)
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    target = (
        small.targets[0].target if isinstance(small, cst.Assign) else small.target if isinstance(small, cst.AnnAssign) else None
    )
    variable = names.variable(target) if target is not None else None
    return {variable} if variable is not None else set()


def _registered(tree: Tree, names: Names, pipe: Pipe, call: cst.Call) -> bool:
    """What a selector keeps for it: nothing, a text, or a function of the file that nothing else calls."""
    given = [arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "data"]
    given += [arg.value for index, arg in enumerate(call.args) if index == 2 and arg.keyword is None]
    if not given or tree.code(given[0]) == "None":
        return True
    function = names.function(given[0])
    if function is not None:
        uses = [node for kind in (cst.Name, cst.Attribute) for node in tree.all(kind) if names.function(node) is function]
        pipe.callbacks.append(function)
        return [use for use in uses if not isinstance(tree.parent(use), cst.FunctionDef)] == [given[0]]
    text = tree.code(given[0])
    if not isinstance(given[0], cst.SimpleString):
        return False
    others = [node for node in tree.all(cst.SimpleString) if tree.code(node) == text and node is not given[0]]
    for other in others:
        target = tree.parent(other)
        compared = tree.parent(target) if isinstance(target, cst.ComparisonTarget) else None
        if not isinstance(compared, cst.Comparison) or not tree.code(compared.left).endswith(".data"):
            return False
        if not _test(pipe, compared):
            return False
    return True
