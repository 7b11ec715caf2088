"""What an expression stands for: names followed to the library through assignments, attributes, containers, calls and
parameters.

Nothing is run, and control flow is not looked at: a name has all the values that are ever bound to it in its scope. `?` among
them says that there may be others.
"""

import ast
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeVarTuple

from iomodels.migrate.finding import Confidence
from iomodels.migrate.library import ATTRIBUTES, BASES, ELEMENTS, EXPORTS, ITEMS, RETURNS, canonical
from iomodels.migrate.module import Binding, Call, Class, Function, Module, dotted
from iomodels.migrate.standard import STANDARD_LIBRARY

__all__ = ["Resolver"]

Values = frozenset[str]
NOTHING: Values = frozenset()
Asked = TypeVarTuple("Asked")
UNKNOWN: Values = frozenset("?")
SOCKET = "@socket.socket"
DEEPEST = 40  # questions within questions; no honest chain is as long
MOST_STEPS = 2000  # to answer one question
MOST_VALUES = 24  # of one expression: beyond that the shortest are kept, which are those that the tables know
DEEPEST_CONTAINER = "[[[["
# Functions whose result has the same elements as their first argument.
PASSES_ON = {
    "list",
    "set",
    "tuple",
    "sorted",
    "reversed",
    "iter",
    "copy.copy",
    "frozenset",
    "contextlib.closing",
    "contextlib.ExitStack.enter_context",
}
BUILTINS = {"super", "open", "input", "print", "len", "list", "set", "tuple", "sorted", "reversed", "iter", "enumerate"}
BUILTINS |= {"str", "bytes", "int", "bytearray"}
SAME_CONTAINER = {"copy", "values", "keys", "union", "difference", "intersection"}
ELEMENT = {"get", "pop", "setdefault", "popleft", "popitem"}
# Names that are given to sockets and to little else, where a file imports socket.
SOCKETS = (
    "sock",
    "socket",
    "conn",
    "connection",
    "client_sock",
    "clientsocket",
    "client_socket",
    "csock",
    "listener",
    "server_socket",
    "serversocket",
)
METHODS = {
    "recv",
    "send",
    "sendall",
    "accept",
    "recvfrom",
    "sendto",
    "recv_into",
    "makefile",
    "setsockopt",
    "settimeout",
    "setblocking",
}
METHODS |= {"bind", "listen", "connect", "connect_ex", "shutdown", "getpeername"}
OF_SOCKETS = ("recv", "sendall", "setsockopt", "getpeername", "settimeout", "setblocking", "makefile", "shutdown")
OF_ALL_SOCKETS = {*dir(socket.socket), *dir(ssl.SSLSocket), "ioctl", "share", "sendmsg_afalg"}
# How many arguments they take, where that tells a socket from other things with such a method.
ARGUMENTS = {"recv": (1, 2), "send": (1, 2), "sendall": (1, 2), "accept": (0, 0), "connect": (1, 1), "settimeout": (1, 1)}


class Resolver:
    """Follows names within one module."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.known: dict[tuple[object, ...], Values] = {}
        self.passing: dict[tuple[object, ...], Values] = {}  # answers that hold within the question being answered
        self.asked: dict[tuple[object, ...], int] = {}  # what is being answered: who asks again within it hears "nothing new"
        self.steps = 0  # since the first question
        self.cut = DEEPEST  # the earliest question that was asked again
        self.families: dict[int, list[Class]] = {}
        self.above: dict[int, Values] = {}
        self.sites: dict[str, list[Call]] = defaultdict(list)  # calls by the last name called
        self.handed: dict[str, list[tuple[Call, ast.expr]]] = defaultdict(
            list
        )  # functions that are given to a call, by their name
        for call in module.calls:
            self.sites[call.last].append(call)
            for argument in call.node.args + [keyword.value for keyword in call.node.keywords]:
                if isinstance(argument, ast.Name):
                    self.handed[argument.id].append((call, argument))
                elif isinstance(argument, ast.Attribute):
                    self.handed[argument.attr].append((call, argument))
        self.beside_pipes = "multiprocessing" in module.imports  # a Connection of which has send and recv as well
        self.guesses = bool({"socket", "ssl", "select"} & module.imports.keys()) and not module.imports.keys() & {
            "gevent",
            "eventlet",
            "zmq",
        }

    def names_of(self, call: Call) -> tuple[Values, Confidence]:
        """What is called by a call, and how sure that is."""
        values = self.callee(call.node, call.function)
        known = frozenset(canonical(value) for value in values if value != "?")
        if call.last in METHODS and (not known or self.is_inherited(call)) and self.guessed(call):
            return frozenset({f"socket.socket.{call.last}"}), Confidence.POSSIBLE
        if known:
            return known, Confidence.LIKELY if "?" in values else Confidence.CERTAIN
        return NOTHING, Confidence.POSSIBLE

    def is_inherited(self, call: Call) -> bool:
        """Whether its receiver is an attribute that only a class of another file can have set: `self.sock`."""
        if not call.receiver.startswith("self.") or not isinstance(call.node.func, ast.Attribute):
            return False
        values = self.value(call.node.func.value, call.function)
        return all(value[0] not in ".@[^" and value.partition(".")[0] not in STANDARD_LIBRARY for value in values)

    def guessed(self, call: Call) -> bool:
        """Whether the receiver is called as sockets are, and nothing says otherwise."""
        name = call.receiver.rpartition(".")[2].lstrip("_").lower()
        if not self.guesses or name not in SOCKETS or not isinstance(call.node.func, ast.Attribute) or not fits(call):
            return False
        common = name in ("conn", "connection") and call.last in ("send", "connect")  # many libraries call their objects so
        if (common or self.beside_pipes) and not self.is_socket_elsewhere(call):
            return False
        if "." in call.receiver and not self.asked_of.get(call.receiver, set()) <= OF_ALL_SOCKETS:
            return False
        return self.value(call.node.func.value, call.function) <= UNKNOWN or self.is_inherited(call)

    @cached_property
    def asked_of(self) -> dict[str, set[str]]:
        """The attributes that are asked of each attribute: `self.sock` for `recv`, and maybe for what no socket has."""
        found: dict[str, set[str]] = defaultdict(set)
        for node in ast.walk(self.module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                found[dotted(node.value)].add(node.attr)
        return found

    def is_socket_elsewhere(self, call: Call) -> bool:
        """Whether something is called on the same name that sockets alone have."""
        return any(other.receiver == call.receiver and fits(other) for name in OF_SOCKETS for other in self.sites.get(name, ()))

    # Values

    def value(self, node: ast.expr, scope: Module | Class | Function) -> Values:
        """What an expression stands for."""
        return self.once((id(node), id(scope)), self._value, node, scope)

    def once(
        self, key: tuple[object, ...], find: Callable[[*Asked], Values], *asked: *Asked, otherwise: Values = NOTHING
    ) -> Values:
        """The answer to a question, found by `find` when it is not known yet. otherwise: where it is being asked already."""
        known = self.known.get(key)
        if known is None and self.passing:
            known = self.passing.get(key)
        if known is not None:
            return known
        return self.leave(key, find(*asked)) if self.enter(key) else otherwise

    def enter(self, key: tuple[object, ...]) -> bool:
        """Begin to answer a question; False when it is being answered already, or when it leads too far from the first."""
        at = self.asked.get(key)
        if at is None and len(self.asked) < DEEPEST and self.steps < MOST_STEPS:
            self.asked[key] = len(self.asked)
            self.steps += 1
            return True
        self.cut = min(self.cut, 0 if at is None else at)
        return False

    def leave(self, key: tuple[object, ...], found: Values) -> Values:
        """End with it, and keep the answer: for good if it is whole, which it is not where what it rests on was cut off at a
        question asked earlier; else until that one is answered.
        """
        del self.asked[key]
        if len(found) > MOST_VALUES:
            found = frozenset(sorted(found, key=lambda value: (len(value), value))[:MOST_VALUES]) | UNKNOWN
        if self.cut >= len(self.asked):
            self.cut = DEEPEST
            self.known[key] = found
        else:
            self.passing[key] = found
        if not self.asked:
            self.passing.clear()
            self.steps = 0
        return found

    def _value(self, node: ast.expr, scope: Module | Class | Function) -> Values:
        match node:
            case ast.Name():
                return self.name(node.id, scope)
            case ast.Attribute():
                return self.attribute(self.value(node.value, scope), node.attr)
            case ast.Call():
                return self.result(node, scope)
            case ast.Await() | ast.NamedExpr() | ast.Starred():
                return self.value(node.value, scope)
            case ast.IfExp():
                return self.value(node.body, scope) | self.value(node.orelse, scope)
            case ast.BoolOp():
                return frozenset().union(*(self.value(part, scope) for part in node.values))
            case ast.BinOp():
                return self.value(node.left, scope) | self.value(node.right, scope)
            case ast.List() | ast.Tuple() | ast.Set():
                return frozenset().union(*(self.contained(part, scope) for part in node.elts))
            case ast.Dict():
                return frozenset().union(*(self.contained(part, scope) for part in node.values))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self.contained(node.elt, scope)
            case ast.DictComp():
                return self.contained(node.value, scope)
            case ast.Subscript():
                if isinstance(node.slice, ast.Slice):
                    return self.value(node.value, scope)
                if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                    return self.item(node.value, node.slice.value, scope)
                return elements(self.value(node.value, scope))
            case ast.Constant():
                return NOTHING if node.value is None else frozenset({f"@{type(node.value).__name__}"})
            case ast.JoinedStr():
                return frozenset({"@str"})
            case ast.Lambda():
                return frozenset(f".{function.qualname}" for function in self.module.functions if function.node is node)
        return UNKNOWN

    def contained(self, node: ast.expr, scope: Module | Class | Function) -> Values:
        """A container that has the value of `node` in it, or all elements of it if it is starred."""
        if isinstance(node, ast.Starred):
            return self.value(node.value, scope)
        return container_of(self.value(node, scope))

    def name(self, name: str, scope: Module | Class | Function) -> Values:
        """What a name stands for, where it is used in `scope`."""
        at: Module | Class | Function = scope
        while not isinstance(at, Module):
            if (
                isinstance(at, Function)
                and at.parameters
                and at.parameters[0].arg == name
                and at.class_ is not None
                and at.is_method
            ):
                return frozenset({f"@.{at.class_.qualname}"})
            if name in at.names and name not in getattr(at, "outer", ()) and (at is scope or isinstance(at, Function)):
                return self.bound(at.names[name])
            at = at.parent
        if name in at.names:
            bindings = at.names[name]
            imported = any(binding.how == "is" and not binding.name.startswith(".") for binding in bindings)
            return self.bound(bindings) | (self.starred(name) if imported else NOTHING)
        if name == "__class__":
            return UNKNOWN
        if starred := self.starred(name):
            return starred
        if name in BUILTINS:
            return frozenset({name})
        return UNKNOWN

    def starred(self, name: str) -> Values:
        """What the star imports bring under that name: `import socket` and then `from socket import *` binds `socket` anew."""
        return frozenset(f"{star}.{name}" for star in self.module.stars if name in EXPORTS.get(star, "").split())

    def bound(self, bindings: Iterable[Binding]) -> Values:
        """All that the bindings of one name give it."""
        found: set[str] = set()
        for binding in bindings:
            found |= self.given(binding)
        return frozenset(found)

    def given(self, binding: Binding) -> Values:
        """What one binding gives."""
        how, node, scope = binding.how, binding.node, binding.scope
        if how == "is":
            return frozenset({binding.name})
        if how == "parameter" and isinstance(scope, Function):
            return self.parameter(scope, binding.at)
        if not isinstance(node, ast.expr):
            return UNKNOWN
        if how == "=":
            return self.value(node, scope)
        if how == "item":
            return self.item(node, binding.at, scope)
        if how == "each":
            return self.each(node, scope)
        if how == "each item":
            return self.each_item(node, binding.at, scope)
        if how == "within":
            return self.within(node, scope)
        if how == "type":
            return self.annotated(node, scope)
        if how == "add":
            return container_of(self.value(node, scope))
        if how == "add item":
            return container_of(self.item(node, binding.at, scope))
        return UNKNOWN

    def item(self, node: ast.expr, index: int, scope: Module | Class | Function) -> Values:
        """What item number `index` of a value is."""
        return self.once(("item", id(node), index, id(scope)), self._item, node, index, scope)

    def _item(self, node: ast.expr, index: int, scope: Module | Class | Function) -> Values:
        match node:
            case ast.Name():
                return self.item_of_name(node.id, index, scope)
            case ast.Await():
                return self.item(node.value, index, scope)
            case ast.Tuple() | ast.List() if index < len(node.elts):
                return self.value(node.elts[index], scope)
            case ast.IfExp():
                return self.item(node.body, index, scope) | self.item(node.orelse, index, scope)
            case ast.Call():
                found = self.item_of_result(node, index, scope)
                return found or elements(self.value(node, scope))
        return elements(self.value(node, scope))

    def item_of_result(self, node: ast.Call, index: int, scope: Module | Class | Function) -> Values:
        """An item of what a call gives back: of `accept()` the first is a socket."""
        found: set[str] = set()
        for name in (canonical(name) for name in self.callee(node, scope)):
            if name in ITEMS:
                found |= set(ITEMS[name][index : index + 1])
            elif name == "select.select" and index < len(node.args):
                found |= self.value(node.args[index], scope)
            elif (function := self.module.function_of(name)) is not None:
                for back in function.returns:
                    if back.value is not None:
                        found |= self.item(back.value, index, function)
        return frozenset(found)

    def item_of_name(self, name: str, index: int, scope: Module | Class | Function) -> Values:
        """The item of a value that has a name: asked of what was bound to it."""
        at: Module | Class | Function = scope
        while not isinstance(at, Module) and name not in at.names:
            at = at.parent
        found: set[str] = set()
        for binding in at.names.get(name, ()):
            if binding.how == "=" and isinstance(binding.node, ast.expr):
                found |= self.item(binding.node, index, binding.scope)
            else:
                found |= elements(self.given(binding))
        return frozenset(found)

    def each(self, node: ast.expr, scope: Module | Class | Function) -> Values:
        """What a loop over it hands out."""
        return elements(self.value(node, scope))

    def each_item(self, node: ast.expr, index: int, scope: Module | Class | Function) -> Values:
        """`for a, b in node`: what `a` or `b` is."""
        return self.once(("each", id(node), index, id(scope)), self._each_item, node, index, scope)

    def _each_item(self, node: ast.expr, index: int, scope: Module | Class | Function) -> Values:
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "enumerate" and node.args:
                return self.each(node.args[0], scope) if index == 1 else frozenset({"@int"})
            if isinstance(node.func, ast.Name) and node.func.id in PASSES_ON and len(node.args) == 1:
                return self.each_item(node.args[0], index, scope)
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "iteritems"):
                return elements(self.value(node.func.value, scope)) if index == 1 else UNKNOWN
            for name in (canonical(name) for name in self.callee(node, scope)):
                if name in ELEMENTS:
                    return frozenset(ELEMENTS[name][index : index + 1])
        if isinstance(node, ast.Name):
            found: set[str] = set()
            at: Module | Class | Function = scope
            while not isinstance(at, Module) and node.id not in at.names:
                at = at.parent
            for binding in at.names.get(node.id, ()):
                if binding.how == "=" and isinstance(binding.node, ast.Call):
                    found |= self.each_item(binding.node, index, binding.scope)
            if found:
                return frozenset(found)
        return elements(elements(self.value(node, scope)))

    def within(self, node: ast.expr, scope: Module | Class | Function) -> Values:
        """What `with node as name` hands out: sockets, files and executors hand out themselves."""
        return self.value(node, scope)

    def annotated(self, node: ast.expr, scope: Module | Class | Function) -> Values:
        """What an annotation promises; `Optional`, unions and containers are looked into."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.annotated(ast.parse(node.value, mode="eval").body, scope)
            except SyntaxError:
                return UNKNOWN
        if isinstance(node, ast.BinOp):
            return self.annotated(node.left, scope) | self.annotated(node.right, scope)
        if isinstance(node, ast.Subscript):
            inner = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
            within = self.annotated(inner, scope)
            return within if dotted(node.value).endswith(("Optional", "Union")) else container_of(within)
        if isinstance(node, ast.Constant):
            return NOTHING
        return frozenset(f"@{canonical(value)}" for value in self.value(node, scope) if value != "?")

    def parameter(self, function: Function, index: int) -> Values:
        """What callers in this module give for a parameter; others may give something else."""
        return self.once(("parameter", id(function), index), self._parameter, function, index, otherwise=UNKNOWN)

    def _parameter(self, function: Function, index: int) -> Values:
        name = function.parameters[index].arg
        found = {"?"}
        for node, scope in self.arguments(function, index, name):
            found |= self.value(node, scope)
        if function.name.startswith("test") or function.is_marked("fixture"):
            found.update(*(self.given_back(fixture) for fixture in self.fixtures.get(name, ())))
        return frozenset(found)

    @cached_property
    def fixtures(self) -> dict[str, list[Function]]:
        """pytest's, whose results are the parameters of their name."""
        found: dict[str, list[Function]] = defaultdict(list)
        for function in self.module.functions:
            if function.is_marked("fixture"):
                found[function.name].append(function)
        return found

    def arguments(self, function: Function, index: int, name: str) -> Iterator[tuple[ast.expr, Function]]:
        """The expressions that are given for it: in calls, to threads and pools, and to selectors with a callback."""
        method = 1 if function.is_method else 0
        called = f".{function.qualname}"
        written = [function.name]
        if (
            function.name == "__init__" and function.class_ is not None
        ):  # it is called by the name of its class, or of one below
            written += [each.name for each in self.module.classes if function.class_ in self.family(each)]
        for call in (call for name in written for call in self.sites.get(name, ())):
            if call.node.keywords and any(keyword.arg == name for keyword in call.node.keywords):
                given: ast.expr | None = call.keyword(name)
            else:
                given = call.argument(index - method)
            if given is not None and self.leads_to(call, called, function):
                yield given, call.function
        for call, reference in self.handed.get(function.name, ()):
            if called not in self.value(reference, call.function):
                continue
            given = handed_on(call, reference, index - method)
            if given is not None:
                yield given, call.function

    def leads_to(self, call: Call, called: str, function: Function) -> bool:
        """Whether the call is of that function, or makes an instance of the class whose __init__ it is."""
        values = self.callee(call.node, call.function)
        if called in values:
            return True
        if function.name != "__init__" or function.class_ is None:
            return False
        return any(
            value == f".{function.class_.qualname}"
            or (
                isinstance(class_ := self.module.by_qualname.get(value[1:]), Class)
                and called in self.method(class_, "__init__")
            )
            for value in values
            if value.startswith(".")
        )

    # Attributes and calls

    def attribute(self, bases: Values, name: str) -> Values:
        """The attribute of that name, of any of the values."""
        found: set[str] = set()
        for base in bases:
            if base == "?":
                found.add("?")
            elif base.startswith("@."):
                found |= self.of_instance(base[2:], name)
            elif base.startswith("^"):  # super()
                found |= self.of_bases(base[1:], name)
            elif base.startswith("["):
                found.add(f"{base}.{name}")
            elif base.startswith("@"):
                owner = canonical(base[1:])
                found |= set(library_attribute(owner, name) or {f"{owner}.{name}"})
            elif base.startswith("."):
                thing = self.module.by_qualname.get(base[1:])
                if isinstance(thing, Class):
                    found |= self.of_class(thing, name)
                else:
                    found.add("?")
            else:
                found.add(canonical(f"{base}.{name}"))
        return frozenset(found)

    def of_instance(self, qualname: str, name: str) -> Values:
        class_ = self.module.by_qualname.get(qualname)
        if not isinstance(class_, Class):
            return UNKNOWN
        return self.once(("attribute", qualname, name), self._of_instance, class_, name)

    def _of_instance(self, class_: Class, name: str) -> Values:
        found: set[str] = set()
        for owner in self.family(class_):
            if name in owner.attributes:
                found |= self.bound(owner.attributes[name])
            if not found and (name in owner.names or name in owner.methods):
                found |= self.of_class(owner, name)
            if found:
                break
        else:
            found |= set(self.of_bases(class_.qualname, name))
        return frozenset(found) or UNKNOWN

    def of_class(self, class_: Class, name: str) -> Values:
        for owner in self.family(class_):
            if name in owner.methods:
                return frozenset({f".{owner.methods[name].qualname}"})
            if name in owner.names:
                return self.bound(owner.names[name])
        return self.of_bases(class_.qualname, name)

    def of_bases(self, qualname: str, name: str) -> Values:
        """What the library's classes above a class have under that name."""
        class_ = self.module.by_qualname.get(qualname)
        if not isinstance(class_, Class):
            return UNKNOWN
        for owner in self.family(class_)[1:]:
            if name in owner.methods:
                return frozenset({f".{owner.methods[name].qualname}"})
        library = [base for base in self.ancestors(class_) if base[0] not in ".?"]
        for base in library:
            if special := library_attribute(base, name):
                return frozenset(special)
        found = frozenset(f"{base}.{name}" for base in library if not any(base in BASES.get(other, ()) for other in library))
        return found or UNKNOWN

    def method(self, class_: Class, name: str) -> Values:
        return frozenset(f".{owner.methods[name].qualname}" for owner in self.family(class_) if name in owner.methods)

    def family(self, class_: Class) -> list[Class]:
        """The class and those of this module above it, nearest first."""
        known = self.families.get(id(class_))
        if known is not None:
            return known
        found, ahead = [class_], [class_]
        while ahead:
            for base in ahead.pop(0).node.bases:
                for value in self.value(base, class_.parent):
                    above = self.module.by_qualname.get(value[1:]) if value.startswith(".") else None
                    if isinstance(above, Class) and above not in found:
                        found.append(above)
                        ahead.append(above)
        if not self.asked:
            self.families[id(class_)] = found
        return found

    def ancestors(self, class_: Class) -> Values:
        """All above a class: `.Base` of this module, `asyncore.dispatcher` of the library or of other files, and what is
        above those.
        """
        known = self.above.get(id(class_))
        if known is not None:
            return known
        found: set[str] = set()
        for owner in self.family(class_):
            found.add(f".{owner.qualname}")
            for base in owner.node.bases:
                for value in self.value(base, owner.parent):
                    if value != "?" and not value.startswith((".", "@", "[")):
                        found |= library_ancestors(canonical(value))
                        found |= {more for up in self.module.elsewhere.get(value, ()) for more in library_ancestors(up)}
        found.discard(f".{class_.qualname}")
        self.above[id(class_)] = frozenset(found)
        return self.above[id(class_)]

    def callee(self, node: ast.Call, scope: Module | Class | Function) -> Values:
        """The names of what is called."""
        return self.value(node.func, scope)

    def result(self, node: ast.Call, scope: Module | Class | Function) -> Values:
        """What a call gives back."""
        found: set[str] = set()
        for name in self.callee(node, scope):
            if name == "?":
                found.add("?")
            elif name == "super":
                found |= self.super_of(scope)
            elif name in PASSES_ON and node.args:
                found |= self.value(node.args[0], scope)
            elif name.startswith("["):
                found |= container_method(name)
            elif name.startswith("."):
                found |= self.local_result(name)
            else:
                found |= set(self.library_result(canonical(name)))
        return frozenset(found)

    def super_of(self, scope: Module | Class | Function) -> Values:
        at: Module | Class | Function = scope
        while not isinstance(at, Module):
            if isinstance(at, Class):
                return frozenset({f"^{at.qualname}"})
            at = at.parent
        return UNKNOWN

    def local_result(self, name: str) -> Values:
        thing = self.module.by_qualname.get(name[1:])
        if isinstance(thing, Class):
            return frozenset({f"@{name}"})
        if thing is None or (thing.yields and not thing.is_marked("contextmanager")):
            return UNKNOWN
        return self.given_back(thing)

    def given_back(self, function: Function) -> Values:
        """What a function returns, or yields where that is once for each caller."""
        found: set[str] = set()
        for back in (*function.returns, *function.yields):
            if back.value is not None and not isinstance(back, ast.YieldFrom):
                found |= self.value(back.value, function)
        if isinstance(function.node, ast.Lambda):
            found |= self.value(function.node.body, function)
        return frozenset(found) or UNKNOWN

    def library_result(self, name: str) -> Iterable[str]:
        if name in RETURNS:
            return {RETURNS[name]}
        if name in self.module.elsewhere or name in BASES:
            return {f"@{name}"}
        return UNKNOWN


def fits(call: Call) -> bool:
    """Whether the arguments are such as a socket's method takes: `conn.connect()` and `conn.send("text", to=x)` are not."""
    fewest, most = ARGUMENTS.get(call.last, (0, 9))
    first = call.node.args[0] if call.node.args else None
    other = isinstance(first, ast.Constant) and not isinstance(first.value, bytes)
    other = other or isinstance(first, ast.JoinedStr | ast.List | ast.Tuple | ast.Dict | ast.Set)
    return fewest <= len(call.node.args) <= most and not call.node.keywords and not (other and call.last.startswith("send"))


def container_of(values: Values) -> Values:
    """Containers of them."""
    return frozenset(value if value == "?" or value.startswith(DEEPEST_CONTAINER) else f"[{value}" for value in values)


def elements(values: Values) -> Values:
    """What is in the containers among them."""
    return frozenset(value[1:] for value in values if value.startswith("[")) or (UNKNOWN if values else NOTHING)


def container_method(name: str) -> set[str]:
    """What `container.method()` gives: the container again, or one of its elements."""
    inner, _, method = name.rpartition(".")
    if method in SAME_CONTAINER:
        return {inner}
    return {inner[1:]} if method in ELEMENT else {"?"}


def library_ancestors(name: str) -> set[str]:
    """A class of the library, and all above it."""
    found = {name}
    for base in BASES.get(name, ()):
        found |= library_ancestors(base)
    return found


def library_attribute(owner: str, name: str) -> tuple[str, ...]:
    """The value of an attribute of an instance of a library's class, where the table knows it."""
    for above in (owner, *sorted(library_ancestors(owner))):
        if known := ATTRIBUTES.get(f"{above}.{name}"):
            return known
    return ()


def handed_on(call: Call, reference: ast.expr, index: int) -> ast.expr | None:
    """Which expression a function gets as its argument number `index`, when it is handed to a call that will call it.

    `Thread(target=f, args=(a, b))`, `start_new_thread(f, (a, b))`, `submit(f, a, b)`, `register(a, EVENT, f)`, whose
    callbacks are by custom given what they are registered for.
    """
    node = call.node
    target = call.keyword("target")
    if target is reference:
        args = call.keyword("args")
        return args.elts[index] if isinstance(args, ast.Tuple | ast.List) and index < len(args.elts) else None
    if reference not in node.args:
        return None
    place = node.args.index(reference)
    if call.last in ("start_new_thread", "start_new"):
        args = node.args[place + 1] if place + 1 < len(node.args) else None
        return args.elts[index] if isinstance(args, ast.Tuple | ast.List) and index < len(args.elts) else None
    if call.last in ("submit", "apply_async", "run_in_executor", "to_thread", "spawn", "start_soon", "call_soon"):
        return node.args[place + 1 + index] if place + 1 + index < len(node.args) else None
    if call.last in ("register", "modify") and index == 0 and place > 0:
        return node.args[0]
    return None
