"""What names stand for: libraries' names, variables and attributes, the file's own functions and classes."""

import importlib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import libcst as cst
from libcst.metadata import Assignment, BuiltinAssignment, ImportAssignment, QualifiedNameSource

from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Names", "Store", "Variable", "value_of_only"]

STARRED = ("socket", "threading", "_thread", "select", "time")  # modules whose `from X import *` is followed
PYTHON_2 = {"thread": "_thread", "Queue": "queue", "SocketServer": "socketserver"}


@dataclass(frozen=True)
class Variable:
    """A name in its scope, or an attribute of `self` in its class. home: the identity of the one or the other."""

    home: int
    name: str
    attribute: bool = False


@dataclass(frozen=True)
class Store:
    """A place where a variable gets a value. value: what, or None where it cannot be told (a loop's, a part of something)."""

    node: cst.CSTNode
    value: cst.BaseExpression | None
    function: cst.FunctionDef | None = None  # when it is a parameter


class Names:
    """The names of one file. Everything about what a name is gets asked here."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.loads: dict[Variable, list[cst.BaseExpression]] = defaultdict(list)
        self.stores: dict[Variable, list[Store]] = defaultdict(list)
        self.classes = {node.name.value: node for node in tree.all(cst.ClassDef)}
        self.instances: dict[Variable, cst.ClassDef] = {}  # what a framework gives a value: of which class of the file it is
        self._starred = self._star_imports()
        self._owners: dict[Variable, cst.ClassDef | None] = {}
        own: list[cst.Attribute] = []
        others: list[cst.Attribute] = []
        for attribute in tree.all(cst.Attribute):
            (own if self.self_class(attribute.value) is not None else others).append(attribute)
        for node in [*tree.all(cst.Name), *own, *others]:  # `session.sock` is told by what `session` holds
            variable = self.variable(node)
            if variable is not None:
                self._file(variable, node)

    @property
    def star_exports(self) -> set[str]:
        """The names that come with `from X import *`, as far as X is followed."""
        return {name for module in self._starred for name in _exports(module)}

    def _star_imports(self) -> list[str]:
        """The modules of `from X import *`, the last first: a name that two of them have is its."""
        starred = [node.module for node in self.tree.all(cst.ImportFrom) if isinstance(node.names, cst.ImportStar)]
        found = [self.tree.code(module) for module in reversed(starred) if module is not None]
        return [module for module in found if module in STARRED]

    def _file(self, variable: Variable, node: cst.BaseExpression) -> None:
        parent = self.tree.parent(node)
        if isinstance(parent, cst.Param) and parent.name is node:
            above = self.tree.parent(self.tree.parent(parent) or parent)
            self.stores[variable].append(Store(node, None, above if isinstance(above, cst.FunctionDef) else None))
        elif isinstance(parent, cst.FunctionDef | cst.ClassDef) and parent.name is node:
            self.stores[variable].append(Store(node, None))
        elif (target := self._target(node)) is not None:
            self.stores[variable].append(Store(node, target[0]))
        elif not isinstance(parent, cst.Global | cst.Nonlocal | cst.NameItem):
            self.loads[variable].append(node)

    def _target(self, node: cst.CSTNode) -> tuple[cst.BaseExpression | None] | None:
        """A tuple of the value that is stored, when a node is stored to; None when it is only read."""
        path: list[int] = []
        below, above = node, self.tree.parent(node)
        while isinstance(above, cst.Element | cst.StarredElement | cst.Tuple | cst.List):
            if isinstance(above, cst.Tuple | cst.List):
                path.insert(0, next(index for index, element in enumerate(above.elements) if element is below))
            below, above = above, self.tree.parent(above)
        match above:
            case cst.AssignTarget():
                assign = self.tree.parent(above)
                assert isinstance(assign, cst.Assign)
                return (_element(assign.value, path),)
            case cst.AnnAssign(target=target) if target is below:
                return (above.value if not path else None,)
            case cst.NamedExpr(target=target) if target is below:
                return (above.value,)
            case cst.AugAssign(target=target) | cst.For(target=target) | cst.CompFor(target=target) if target is below:
                return (None,)
            case cst.AsName():
                item = self.tree.parent(above)
                return (item.item if isinstance(item, cst.WithItem) and not path else None,)
            case cst.Del():
                return (None,)
        return None

    def variable(self, node: cst.CSTNode) -> Variable | None:
        """The variable that an expression is; None: something else, or an attribute of no instance of a class of this file."""
        if isinstance(node, cst.Attribute):
            owner = self.self_class(node.value) or self.held(node.value)
            return Variable(id(self.root(owner)), node.attr.value, attribute=True) if owner is not None else None
        if not isinstance(node, cst.Name):
            return None
        parent = self.tree.parent(node)
        if isinstance(parent, cst.ImportAlias) or (isinstance(parent, cst.Attribute) and parent.attr is node):
            return None
        if isinstance(parent, cst.Arg) and parent.keyword is node:
            return None
        scope = self.tree.scopes.get(node)
        found = scope[node.value] if scope is not None else ()
        homes = {id(each.scope) for each in found if isinstance(each, Assignment)}
        return Variable(homes.pop(), node.value) if len(homes) == 1 else None

    def held(self, node: cst.BaseExpression) -> cst.ClassDef | None:
        """The class of the file that a name or parameter holds instances of, and nothing else."""
        variable = self.variable(node) if isinstance(node, cst.Name) else None
        if variable is None or not self.classes:
            return self.self_class(node)
        if variable not in self._owners:
            self._owners[variable] = None  # while it is looked for: a function that calls itself
            self._owners[variable] = self.instance(node) or self._passed(variable)
        return self._owners[variable]

    def _passed(self, variable: Variable) -> cst.ClassDef | None:
        """The class of what every call in the file passes for a parameter, or of its annotation."""
        stores = self.stores.get(variable, [])
        function = stores[0].function if len(stores) == 1 else None
        param = self.tree.parent(stores[0].node) if function is not None else None
        if function is None or not isinstance(param, cst.Param):
            return None
        if param.annotation is not None and isinstance(param.annotation.annotation, cst.Name):
            return self.class_called(param.annotation.annotation)
        index = next((index for index, each in enumerate(function.params.params) if each is param), -1)
        place = index - (1 if self.tree.class_of(function) is not None else 0)
        found: set[cst.ClassDef | None] = set()
        for call in self.tree.all(cst.Call):
            if self._calls(call, function):
                value = call.args[place].value if 0 <= place < len(call.args) and call.args[place].keyword is None else None
                held = self.instance(value) or self.held(value) if value is not None else None
                found.add(held)
        return found.pop() if len(found) == 1 else None

    def _calls(self, call: cst.Call, function: cst.FunctionDef) -> bool:
        """Whether a call goes to a function, or makes an object that it initialises."""
        if function.name.value == "__init__":
            owner = self.class_called(call.func)
            return owner is not None and self.find_method(owner, "__init__") is function
        return _last(call.func) == function.name.value and self.function(call.func) is function

    def self_class(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """The class whose `self` a name is: the first parameter of the method it stands in."""
        if not isinstance(node, cst.Name):
            return None
        method = self.tree.method(node)
        if method is None or not method.params.params or method.params.params[0].name.value != node.value:
            return None
        return self.tree.class_of(method) if not method.decorators else None

    def root(self, owner: cst.ClassDef) -> cst.ClassDef:
        """The topmost of a class's bases that the file defines: attributes are told apart by it."""
        seen = [owner]
        while bases := [base for base in self.bases(seen[-1]) if base not in seen]:
            seen.append(bases[0])
        return seen[-1]

    def bases(self, owner: cst.ClassDef) -> list[cst.ClassDef]:
        """The bases of a class that are defined in the file."""
        names = [base.value.value for base in owner.bases if isinstance(base.value, cst.Name)]
        return [self.classes[name] for name in names if name in self.classes]

    def qualified(self, node: cst.CSTNode) -> str:
        """The full name of what comes from a library or is built in (`socket.socket`, `builtins.len`); "" for all else."""
        head = _head(node)
        scope = self.tree.scopes.get(head)
        if scope is None or not isinstance(head, cst.Name):
            return ""
        found = set(scope[head.value])
        if not found or all(isinstance(each, BuiltinAssignment) for each in found):
            for module in self._starred:
                if head.value in _exports(module):
                    return ".".join([module, *self.tree.code(node).split(".")])
        if any(not isinstance(each, ImportAssignment | BuiltinAssignment) for each in found):
            return ""
        names = {
            _of_today(name.name) for name in scope.get_qualified_names_for(node) if name.source is not QualifiedNameSource.LOCAL
        }
        return names.pop() if len(names) == 1 else ""

    def function(self, node: cst.BaseExpression) -> cst.FunctionDef | None:
        """The file's function, or method, that an expression names: `f`, `self.m`, `C.m`, `x.m` where x is an instance of C."""
        if isinstance(node, cst.Name):
            defined = self._definition(node)
            return defined if isinstance(defined, cst.FunctionDef) else None
        if isinstance(node, cst.Attribute):
            owner = self.instance(node.value)
            return self.find_method(owner, node.attr.value) if owner is not None else None
        return None

    def held_functions(self, node: cst.BaseExpression) -> list[cst.FunctionDef]:
        """The file's functions that a variable may hold, where it holds nothing else: a state, a callback."""
        variable = self.variable(node)
        found = (
            [self.function(store.value) if store.value is not None else None for store in self.stores.get(variable, [])]
            if variable is not None
            else []
        )
        return [each for each in found if each is not None] if all(found) else []

    def class_called(self, node: cst.BaseExpression) -> cst.ClassDef | None:
        """The file's class that an expression names."""
        defined = self._definition(node) if isinstance(node, cst.Name) else None
        return defined if isinstance(defined, cst.ClassDef) else None

    def _definition(self, node: cst.Name) -> cst.CSTNode | None:
        variable = self.variable(node)
        stores = self.stores.get(variable, []) if variable is not None else []
        return self.tree.parent(stores[0].node) if len(stores) == 1 else None

    def instance(self, node: cst.BaseExpression) -> cst.ClassDef | None:
        """The file's class that a value is an instance of: `self`, a call of it, or a variable that only holds such calls."""
        if isinstance(node, cst.Call):
            return self.class_called(node.func)
        owner = self.self_class(node)
        if owner is not None:
            return owner
        variable = self.variable(node)
        if variable in self.instances:
            return self.instances[variable]
        values = [value for value in self.values(variable) if isinstance(value, cst.Call | cst.Name)]
        made = {self.class_called(value.func) if isinstance(value, cst.Call) else self.held(value) for value in values}
        return made.pop() if len(made) == 1 and len(values) == len(self.stores[variable]) else None  # type: ignore[index]

    def values(self, variable: Variable | None) -> list[cst.BaseExpression]:
        """What a variable is given, as far as it can be told."""
        stores = self.stores.get(variable, []) if variable is not None else []
        return [store.value for store in stores if store.value is not None]

    def find_method(self, owner: cst.ClassDef, name: str) -> cst.FunctionDef | None:
        """The method of that name in a class, or the nearest of its bases in the file."""
        for statement in owner.body.body:
            if isinstance(statement, cst.FunctionDef) and statement.name.value == name:
                return statement
        found = (self.find_method(base, name) for base in self.bases(owner))
        return next((method for method in found if method is not None), None)


def value_of_only(names: Names, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """An expression itself, or what a variable holds that is stored exactly once."""
    variable = names.variable(node)
    if variable is None:
        return node
    stores = names.stores[variable]
    return stores[0].value if len(stores) == 1 else None


def _last(node: cst.CSTNode) -> str:
    return node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""


def _element(value: cst.BaseExpression, path: list[int]) -> cst.BaseExpression | None:
    for index in path:
        if not isinstance(value, cst.Tuple | cst.List) or index >= len(value.elements):
            return None
        value = value.elements[index].value
    return value


def _of_today(name: str) -> str:
    """A name as Python 3 has it, for files that try both."""
    module, dot, rest = name.partition(".")
    return PYTHON_2.get(module, module) + dot + rest


def _head(node: cst.CSTNode) -> cst.CSTNode:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node


@cache
def _exports(module: str) -> frozenset[str]:
    loaded = importlib.import_module(module)
    return frozenset(getattr(loaded, "__all__", None) or (name for name in dir(loaded) if not name.startswith("_")))
