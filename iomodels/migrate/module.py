"""One source file as the rules see it: its functions, classes and calls, in one pass over its tree.

What a name stands for is followed when somebody asks (`resolve.py`); this pass only notes where each name is bound.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from iomodels.migrate.finding import Confidence

if TYPE_CHECKING:
    from iomodels.migrate.resolve import Resolver

__all__ = ["WORDS", "Binding", "Call", "Class", "Function", "Module", "Node", "analyse", "dotted"]

Node = ast.AST  # one that has a position: a statement, an expression, a handler or an argument
Loop = ast.While | ast.For | ast.AsyncFor
Scope = "Module | Class | Function"

# In a file with more lines than this, a function that has none of these words in it is not entered. They are looked for one by
# one, the likeliest first, which is four times as quick as a pattern of them all.
LONG = 400
_WORDS = """
    call( get( read write close sock client conn register run( send select serve handle request wait( signal join( Lock
    poll accept recv connect listen bind addrinfo gethost sleep Thread thread Process fork ueue ock(
    Pool xecutor submit async smtp SMTP Event( Condition( Barrier( pipe fileno makefile
    shutdown terminator acquire subprocess Popen check_ communicate EINTR EAGAIN Blocking peer await loop(
"""
WORDS = tuple(_WORDS.split())


class Binding(NamedTuple):
    """Where a name gets a value.

    how: `=` the value of `node`; `item` its item number `at`; `each` one of its elements; `within` what a `with` hands out;
    `add` a container that has it; `parameter` number `at` of function `scope`; `type` what the annotation says; `is` the
    object named `name`.
    """

    how: str
    node: Node | None
    scope: "Module | Class | Function"
    at: int = 0
    name: str = ""


class Call:
    """A call, and what stands round it.

    last: the last part of what is called, as it is written: `recv` of `self.sock.recv(...)`. loops, tries, withs: those
    within the same function that it is in, outermost first. statement: the simple or compound statement it belongs to.
    discarded: its result is used by nobody. awaited: it stands after `await`.
    """

    __slots__ = (
        *("node", "function", "last", "loops", "tries", "statement", "discarded", "awaited", "withs"),
        *("_names", "_confidence", "__weakref__"),
    )

    def __init__(
        self,
        node: ast.Call,
        function: "Function",
        loops: tuple[Loop, ...],
        tries: tuple[ast.Try, ...],
        statement: ast.stmt,
        discarded: bool,
        awaited: bool,
        withs: tuple[ast.With | ast.AsyncWith, ...],
    ) -> None:
        called = node.func
        self.node, self.function = node, function
        self.last = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        self.loops, self.tries, self.withs = loops, tries, withs
        self.statement, self.discarded, self.awaited = statement, discarded, awaited
        self._names: frozenset[str] | None = None
        self._confidence = Confidence.CERTAIN

    @property
    def names(self) -> frozenset[str]:
        """The qualified names of what is called, found out when first asked for."""
        if self._names is None:
            self._names, self._confidence = self.function.module.resolver.names_of(self)
        return self._names

    @property
    def confidence(self) -> Confidence:
        """How sure the names are."""
        return self._confidence if self.names else Confidence.POSSIBLE

    @property
    def receiver(self) -> str:
        """What the method is called on, as it is written: `self.sock`; "" for a plain function or where it is no chain of
        names.
        """
        return dotted(self.node.func.value) if isinstance(self.node.func, ast.Attribute) else ""

    def calls(self, *names: str) -> bool:
        """Whether it is a call of one of them."""
        return not self.names.isdisjoint(names)

    def keyword(self, name: str) -> ast.expr | None:
        """The value of that keyword, if it is given."""
        return next((keyword.value for keyword in self.node.keywords if keyword.arg == name), None)

    def argument(self, index: int, name: str = "") -> ast.expr | None:
        """An argument by its place or its name."""
        if index < len(self.node.args) and not any(isinstance(arg, ast.Starred) for arg in self.node.args[: index + 1]):
            return self.node.args[index]
        return self.keyword(name) if name else None


@dataclass(eq=False)
class Function:
    """A function, method or lambda; the module's own statements are one as well, whose name is "".

    qualname: `Server.handle`; `main.inner` for one in another. parameters: in order, `self` included. returns, yields: the
    nodes.
    """

    name: str
    qualname: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module
    module: "Module"
    parent: "Module | Class | Function"
    class_: "Class | None"
    parameters: list[ast.arg] = field(default_factory=list)
    names: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    outer: set[str] = field(default_factory=set)  # declared global
    calls: list[Call] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    tries: list[ast.Try] = field(default_factory=list)
    withs: list[ast.With | ast.AsyncWith] = field(default_factory=list)
    returns: list[ast.Return] = field(default_factory=list)
    yields: list[ast.Yield | ast.YieldFrom] = field(default_factory=list)

    @property
    def is_async(self) -> bool:
        """Whether it is an `async def`."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    def is_marked(self, *names: str) -> bool:
        """Whether a decorator has one of these names, as its last part: `pytest.fixture(scope="module")` is a `fixture`."""
        if isinstance(self.node, ast.Lambda | ast.Module):
            return False
        marks = (mark.func if isinstance(mark, ast.Call) else mark for mark in self.node.decorator_list)
        return any(dotted(mark).rpartition(".")[2] in names for mark in marks)

    @property
    def is_method(self) -> bool:
        """Whether its first parameter is the instance."""
        if self.class_ is None or not isinstance(self.parent, Class) or isinstance(self.node, ast.Lambda | ast.Module):
            return False
        return not any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in self.node.decorator_list)


@dataclass(eq=False)
class Class:
    """A class. bases: as they are written. attributes: set on instances, by all of its methods, or in its body."""

    name: str
    qualname: str
    node: ast.ClassDef
    parent: "Module | Class | Function"
    names: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    attributes: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    methods: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, "Class"] = field(default_factory=dict)


@dataclass(eq=False)
class Module:
    """A parsed file.

    path: as it was given. name: its dotted name, as other files import it. elsewhere: the classes of other files of the same
    tree that come
    from the library, as {"app.net.Base": ("asyncore.dispatcher",)}.
    """

    path: str
    text: str
    tree: ast.Module
    name: str = ""
    is_package: bool = False
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    stars: list[str] = field(default_factory=list)
    imports: dict[str, ast.stmt] = field(default_factory=dict)  # the dotted names that are imported
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    top: Function = field(init=False)
    _answers: dict[str, list[Call]] = field(default_factory=dict)

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines, without their ends."""
        return self.text.split("\n")

    @cached_property
    def by_qualname(self) -> "dict[str, Function | Class]":
        """Functions and classes by their qualified name."""
        found: dict[str, Function | Class] = {function.qualname: function for function in self.functions}
        return found | {class_.qualname: class_ for class_ in self.classes}

    @cached_property
    def by_name(self) -> dict[str, list[Call]]:
        """The calls of everything, by each of its qualified names. This names every call: `called` and `makes` cost less."""
        return _by_name(self.calls)

    def called(self, *names: str) -> list[Call]:
        """The calls of any of them, in the order of the file. A name that ends in `.` means all that begin so."""
        found: dict[int, Call] = {}
        for name in names:
            if name.endswith("."):
                found |= {id(call): call for each, calls in self.by_name.items() if each.startswith(name) for call in calls}
            else:
                found |= {id(call): call for call in self._called(name)}
        return sorted(found.values(), key=lambda call: (call.node.lineno, call.node.col_offset))

    def makes(self, names: Iterable[str]) -> bool:
        """Whether there is a call of one of them."""
        return any(self._called(name) for name in names)

    def _called(self, name: str) -> list[Call]:
        known = self._answers.get(name)
        if known is None:
            written = [call for call in self._sorted[0].get(name.rpartition(".")[2], ()) if name in call.names]
            known = self._answers[name] = written + self._otherwise.get(name, [])
        return known

    @cached_property
    def _otherwise(self) -> dict[str, list[Call]]:
        """The calls whose written name says nothing, by their qualified names."""
        return _by_name(self._sorted[1])

    @cached_property
    def _sorted(self) -> tuple[dict[str, list[Call]], list[Call]]:
        """The calls of attributes by the last part of what is called, as it is written; and those whose written name says
        nothing: of a plain name, which may stand for anything, or of an attribute that is set to something.
        """
        variables = {
            name for class_ in self.classes for name in (*class_.attributes, *class_.names) if name not in class_.methods
        }
        by_last: dict[str, list[Call]] = defaultdict(list)
        others = []
        for call in self.calls:
            if isinstance(call.node.func, ast.Attribute) and call.last not in variables:
                by_last[call.last].append(call)
            else:
                others.append(call)
        return by_last, others

    def class_of(self, name: str) -> Class | None:
        """The class of this module that a value, `.Server` or `@.Server`, means."""
        found = self.by_qualname.get(name.lstrip("@")[1:]) if name.lstrip("@").startswith(".") else None
        return found if isinstance(found, Class) else None

    def function_of(self, name: str) -> Function | None:
        """The function of this module that a call's name, `.Server.handle`, means."""
        found = self.by_qualname.get(name[1:]) if name.startswith(".") else None
        return found if isinstance(found, Function) else None

    @cached_property
    def resolver(self) -> "Resolver":
        """What names are followed by."""
        from iomodels.migrate.resolve import Resolver  # it needs this module

        return Resolver(self)

    def value(self, node: ast.expr, scope: "Module | Class | Function") -> frozenset[str]:
        """What an expression stands for: see `library.py` for how values are written."""
        return self.resolver.value(node, scope)

    def ancestors(self, class_: Class) -> frozenset[str]:
        """All classes above it, those of the library by their names, those of this module with a dot in front."""
        return self.resolver.ancestors(class_)


def _by_name(calls: Iterable[Call]) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        for name in call.names:
            found[name].append(call)
    return found


def dotted(node: Node) -> str:
    """`self.sock` of the expression that is written so; "" where it is no chain of names."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def analyse(
    text: str,
    path: str,
    tree: ast.Module | None = None,
    *,
    name: str = "",
    is_package: bool = False,
    elsewhere: Mapping[str, tuple[str, ...]] | None = None,
) -> Module:
    """Read a file. tree: what it parses to, if that is known already. Raises SyntaxError."""
    module = Module(path, text, tree or ast.parse(text), name=name, is_package=is_package, elsewhere=elsewhere or {})
    _Reader(module).read()
    return module


class _Reader:
    """The pass. It keeps what stands round the node it is at."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.long = len(module.lines) > LONG
        self.starts = [0, *accumulate(len(line) + 1 for line in module.lines)]  # where each line begins, and the text ends
        module.top = Function("", "", module.tree, module, module, None)
        module.functions.append(module.top)
        self.scope: Module | Class | Function = module
        self.function = module.top
        self.class_: Class | None = None
        self.loops: tuple[Loop, ...] = ()
        self.tries: tuple[ast.Try, ...] = ()
        self.withs: tuple[ast.With | ast.AsyncWith, ...] = ()
        self.statement: ast.stmt = module.tree.body[0] if module.tree.body else ast.Pass(lineno=1, col_offset=0)
        self.compound: dict[type, Callable[..., None]] = {
            ast.Import: self.on_import,
            ast.ImportFrom: self.on_import_from,
            ast.FunctionDef: self.on_function,
            ast.AsyncFunctionDef: self.on_function,
            ast.ClassDef: self.on_class,
            ast.Assign: self.on_assign,
            ast.AnnAssign: self.on_annotated,
            ast.AugAssign: self.on_augmented,
            ast.For: self.on_for,
            ast.AsyncFor: self.on_for,
            ast.While: self.on_while,
            ast.With: self.on_with,
            ast.AsyncWith: self.on_with,
            ast.Try: self.on_try,
            ast.Expr: self.on_expr,
            ast.Return: self.on_return,
            ast.Global: self.on_global,
            ast.If: self.on_if,
        }

    def read(self) -> None:
        self.block(self.module.tree.body)

    def block(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.statement = statement
            handle = self.compound.get(type(statement))
            if handle is not None:
                handle(statement)
            else:
                self.anything(statement)

    def anything(self, statement: ast.stmt) -> None:
        """A statement without a handler of its own: `match`, `raise`, `assert`, `del`, `try/except*`, and what is to come."""
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self.expr(child)
            elif isinstance(child, ast.stmt):
                self.block([child])
            else:
                for inner in ast.walk(child):
                    if isinstance(inner, ast.stmt):
                        self.block([inner])

    # Names

    def bind(self, name: str, binding: Binding) -> None:
        scope = self.scope
        if isinstance(scope, Function) and (name in scope.outer or scope is self.module.top):
            scope = self.module
        scope.names[name].append(binding)

    def target(self, node: ast.expr, how: str, value: Node, index: int = 0) -> None:
        """Bind what stands on the left."""
        if isinstance(node, ast.Name):
            self.bind(node.id, Binding(how, value, self.scope, index))
        elif isinstance(node, ast.Attribute):
            self.attribute(node, Binding(how, value, self.scope, index))
            self.expr(node.value)
        elif isinstance(node, ast.Tuple | ast.List):
            same = isinstance(value, ast.Tuple | ast.List) and how == "=" and len(value.elts) == len(node.elts)
            for number, part in enumerate(node.elts):
                if same and isinstance(value, ast.Tuple | ast.List):
                    self.target(part, "=", value.elts[number])
                elif how == "each":
                    self.target(part, "each item", value, number)
                elif how in ("item", "each item"):
                    self.target(part, "unknown", value)
                else:
                    self.target(part, "item", value, number)
        elif isinstance(node, ast.Starred):
            self.target(node.value, "unknown", value)
        elif isinstance(node, ast.Subscript):
            self.contain(node.value, Binding("add" if how == "=" else f"add {how}", value, self.scope, index))
            self.expr(node.value)
            self.expr(node.slice)

    def attribute(self, node: ast.Attribute, binding: Binding) -> None:
        """`self.name = ...`, in a method."""
        if self.class_ is not None and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            self.class_.attributes[node.attr].append(binding)

    def contain(self, container: ast.expr, binding: Binding) -> None:
        """`container.append(value)`, `container[key] = value`: the container's name has one binding more."""
        if isinstance(container, ast.Name):
            scope: Module | Class | Function = self.scope
            while isinstance(scope, Function) and container.id not in scope.names and scope is not self.module.top:
                scope = scope.parent
            if isinstance(scope, Class) or scope is self.module.top:
                scope = self.module
            scope.names[container.id].append(binding)
        elif isinstance(container, ast.Attribute):
            self.attribute(container, binding)

    # Statements

    def on_import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.module.imports.setdefault(alias.name, node)
            bound = alias.name if alias.asname else alias.name.split(".")[0]
            self.bind(alias.asname or bound, Binding("is", None, self.scope, 0, bound))

    def on_import_from(self, node: ast.ImportFrom) -> None:
        source = node.module or ""
        if node.level:
            parts = self.module.name.split(".") if self.module.name else []
            keep = len(parts) - node.level + (1 if self.module.is_package else 0)
            source = ".".join([*parts[: max(keep, 0)], *([source] if source else [])])
        self.module.imports.setdefault(source, node)
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append(source)
            else:
                name = f"{source}.{alias.name}" if source else alias.name
                self.module.imports.setdefault(name, node)
                self.bind(alias.asname or alias.name, Binding("is", None, self.scope, 0, name))

    def on_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for mark in node.decorator_list:
            self.expr(mark)
        for default in (*node.args.defaults, *(default for default in node.args.kw_defaults if default)):
            self.expr(default)
        prefix = self.scope.qualname + "." if isinstance(self.scope, Class | Function) and self.scope.qualname else ""
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        function = Function(node.name, prefix + node.name, node, self.module, self.scope, self.class_, arguments)
        self.module.functions.append(function)
        self.bind(node.name, Binding("is", None, self.scope, 0, "." + function.qualname))
        if isinstance(self.scope, Class):
            self.scope.methods[node.name] = function
        for number, argument in enumerate(arguments):
            if argument.annotation is not None:
                function.names[argument.arg].append(Binding("type", argument.annotation, self.scope))
            function.names[argument.arg].append(Binding("parameter", None, function, number))
        if self.long and isinstance(node, ast.FunctionDef) and not self.may_say_something(node):
            return  # an `async def` may call a function that blocks
        kept = self.scope, self.function, self.loops, self.tries, self.withs
        self.scope, self.function, self.loops, self.tries, self.withs = function, function, (), (), ()
        self.block(node.body)
        self.scope, self.function, self.loops, self.tries, self.withs = kept

    def may_say_something(self, node: ast.FunctionDef) -> bool:
        """Whether one of the words stands in its lines."""
        text = self.module.text[self.starts[node.lineno - 1] : self.starts[node.end_lineno or node.lineno]]
        for word in WORDS:  # noqa: SIM110 - any() takes twice as long, and this is asked of each function
            if word in text:
                return True
        return False

    def on_class(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.expr(part)
        prefix = self.scope.qualname + "." if isinstance(self.scope, Class | Function) and self.scope.qualname else ""
        class_ = Class(node.name, prefix + node.name, node, self.scope)
        self.module.classes.append(class_)
        self.bind(node.name, Binding("is", None, self.scope, 0, "." + class_.qualname))
        if isinstance(self.scope, Class):
            self.scope.classes[node.name] = class_
        kept = self.scope, self.class_
        self.scope, self.class_ = class_, class_
        self.block(node.body)
        self.scope, self.class_ = kept

    def on_assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.target(target, "=", node.value)
        self.expr(node.value)

    def on_annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.target(node.target, "=", node.value)
            self.expr(node.value)
        if isinstance(node.target, ast.Name):
            self.bind(node.target.id, Binding("type", node.annotation, self.scope))
        elif isinstance(node.target, ast.Attribute):
            self.attribute(node.target, Binding("type", node.annotation, self.scope))

    def on_augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name | ast.Attribute):
            self.contain(node.target, Binding("=", node.value, self.scope))
        self.expr(node.value)

    def on_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.target(node.target, "each", node.iter)
        self.expr(node.iter)
        self.loop(node, node.body, node.orelse)

    def on_while(self, node: ast.While) -> None:
        kept, self.loops = self.loops, (*self.loops, node)
        self.expr(node.test)
        self.loops = kept
        self.loop(node, node.body, node.orelse)

    def loop(self, node: Loop, body: list[ast.stmt], orelse: list[ast.stmt]) -> None:
        self.function.loops.append(node)
        kept, self.loops = self.loops, (*self.loops, node)
        self.block(body)
        self.loops = kept
        self.block(orelse)

    def on_if(self, node: ast.If) -> None:
        self.expr(node.test)
        self.block(node.body)
        self.block(node.orelse)

    def on_with(self, node: ast.With | ast.AsyncWith) -> None:
        self.function.withs.append(node)
        for item in node.items:
            if item.optional_vars is not None:
                self.target(item.optional_vars, "within", item.context_expr)
            self.expr(item.context_expr)
        kept, self.withs = self.withs, (*self.withs, node)
        self.block(node.body)
        self.withs = kept

    def on_try(self, node: ast.Try) -> None:
        self.function.tries.append(node)
        kept, self.tries = self.tries, (*self.tries, node)
        self.block(node.body)
        self.tries = kept
        for handler in node.handlers:
            if handler.type is not None:
                self.expr(handler.type)
            self.block(handler.body)
        self.block(node.orelse)
        self.block(node.finalbody)

    def on_expr(self, node: ast.Expr) -> None:
        self.expr(node.value, discarded=True)

    def on_return(self, node: ast.Return) -> None:
        self.function.returns.append(node)
        if node.value is not None:
            self.expr(node.value)

    def on_global(self, node: ast.Global) -> None:
        self.function.outer.update(node.names)

    # Expressions

    def expr(self, node: Node, *, discarded: bool = False, awaited: bool = False) -> None:
        kind = type(node)
        if kind is ast.Name or kind is ast.Constant:
            return
        if isinstance(node, ast.Call):
            call = Call(node, self.function, self.loops, self.tries, self.statement, discarded, awaited, self.withs)
            self.module.calls.append(call)
            self.function.calls.append(call)
            if isinstance(node.func, ast.Attribute):
                if node.func.attr in ("append", "add", "appendleft") and len(node.args) == 1:
                    self.contain(node.func.value, Binding("add", node.args[0], self.scope))
                elif node.func.attr in ("extend", "update") and len(node.args) == 1:
                    self.contain(node.func.value, Binding("=", node.args[0], self.scope))
            self.expr(node.func)
            for argument in node.args:
                self.expr(argument)
            for keyword in node.keywords:
                self.expr(keyword.value)
        elif isinstance(node, ast.Attribute):
            self.expr(node.value)
        elif isinstance(node, ast.Await):
            self.expr(node.value, discarded=discarded, awaited=True)
        elif isinstance(node, ast.NamedExpr):
            self.target(node.target, "=", node.value)
            self.expr(node.value)
        elif isinstance(node, ast.Lambda):
            self.on_lambda(node)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            for generator in node.generators:
                self.target(generator.target, "each", generator.iter)
            self.children(node)
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            self.function.yields.append(node)
            self.children(node)
        else:
            self.children(node)

    def children(self, node: Node) -> None:
        for child in _children(node):
            self.expr(child)

    def on_lambda(self, node: ast.Lambda) -> None:
        prefix = self.scope.qualname + "." if isinstance(self.scope, Class | Function) and self.scope.qualname else ""
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        function = Function(
            "<lambda>",
            f"{prefix}<lambda>:{node.lineno}:{node.col_offset}",
            node,
            self.module,
            self.scope,
            self.class_,
            arguments,
        )
        self.module.functions.append(function)
        for number, argument in enumerate(arguments):
            function.names[argument.arg].append(Binding("parameter", None, function, number))
        kept = self.scope, self.function, self.loops, self.tries, self.withs
        self.scope, self.function, self.loops, self.tries, self.withs = function, function, (), (), ()
        self.expr(node.body)
        self.scope, self.function, self.loops, self.tries, self.withs = kept


def _children(node: Node) -> Iterator[Node]:
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, ast.AST):
                    yield item
        elif isinstance(value, ast.AST):
            yield value
