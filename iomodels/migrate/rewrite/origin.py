"""Where a listening socket comes from: it must be a TCP socket that is made in this file, or said to be one."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["is_tcp_socket"]

LISTENERS = {"socket.socket", "socket.create_server"}
FAMILIES = {"socket.AF_INET", "socket.AF_INET6", "socket.SOCK_STREAM", "socket.IPPROTO_TCP", "", "0"}


def is_tcp_socket(tree: Tree, names: Names, node: cst.BaseExpression) -> bool:
    """Whether a value is a TCP socket made in this file; False when nothing says so. Raises Refused when it may be."""
    return _origin(tree, names, node, set())


def _origin(tree: Tree, names: Names, node: cst.BaseExpression, seen: set[Variable]) -> bool:
    if isinstance(node, cst.Call):
        name = names.qualified(node.func)
        if name.startswith("ssl.") or (isinstance(node.func, cst.Attribute) and node.func.attr.value == "wrap_socket"):
            raise Refused("tls", node, "the listening socket is wrapped in TLS")
        if name == "socket.socket":
            kinds = {names.qualified(arg.value) or tree.code(arg.value) for arg in node.args}
            if "socket.AF_UNIX" in kinds:
                raise Refused("no-rewrite", node, "it is a Unix socket, and only TCP sockets are moved")
            if kinds - FAMILIES or any(arg.keyword is not None and arg.keyword.value == "fileno" for arg in node.args):
                raise Refused("unknown-origin", node, "it cannot be seen that it is a TCP socket")
        owner = names.function(node.func)
        if owner is not None:
            return _returned(tree, names, owner, seen)
        return name in LISTENERS
    variable = names.variable(node)
    if variable is None or variable in seen:
        return False
    seen = {*seen, variable}
    found = [_stored(tree, names, store.node, store.value, seen) for store in names.stores[variable]]
    told = [each for each in found if each is not None]
    if any(told) and not all(told):
        raise Refused("unknown-origin", node, f"`{tree.code(node)}` is not always a socket that is made here")
    return bool(told) and all(told)


def _stored(tree: Tree, names: Names, node: cst.CSTNode, value: cst.BaseExpression | None, seen: set[Variable]) -> bool | None:
    parent = tree.parent(node)
    if isinstance(parent, cst.AsName) and isinstance(value, cst.Call) and names.qualified(value.func) == "contextlib.closing":
        value = value.args[0].value if len(value.args) == 1 else None
    if isinstance(value, cst.Name) and value.value == "None":
        return None
    if value is not None:
        return _origin(tree, names, value, seen)
    if isinstance(parent, cst.Param):
        return _passed(tree, names, parent, seen)
    return False


def _passed(tree: Tree, names: Names, param: cst.Param, seen: set[Variable]) -> bool:
    """Whether a parameter is a socket: it says so, or every call in the file passes one."""
    if param.annotation is not None:
        return names.qualified(param.annotation.annotation) == "socket.socket"
    function = next((above for above in tree.ancestors(param) if isinstance(above, cst.FunctionDef)), None)
    if function is None:
        return False
    index = next((index for index, each in enumerate(function.params.params) if each is param), -1)
    passed = []
    for call in tree.all(cst.Call):
        owner = names.class_called(call.func)
        callee = names.find_method(owner, "__init__") if owner is not None else names.function(call.func)
        if (given := _given(names, call, function)) is not None:
            target, values = given
            place = index - (1 if isinstance(target, cst.Attribute) else 0)
            passed.append(0 <= place < len(values) and _origin(tree, names, values[place], seen))
        if callee is function:
            place = index - (1 if owner is not None or isinstance(call.func, cst.Attribute) else 0)
            passed.append(
                0 <= place < len(call.args)
                and call.args[place].keyword is None
                and _origin(tree, names, call.args[place].value, seen)
            )
    return bool(passed) and all(passed)


def _given(
    names: Names, call: cst.Call, function: cst.FunctionDef
) -> tuple[cst.BaseExpression, list[cst.BaseExpression]] | None:
    """What a thread gives to the function that it runs, and how it names it; None for any other call."""
    told = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
    target, args = told.get("target"), told.get("args")
    if target is None or names.qualified(call.func) != "threading.Thread" or names.function(target) is not function:
        return None
    return target, [each.value for each in args.elements] if isinstance(args, cst.Tuple | cst.List) else []


def _returned(tree: Tree, names: Names, function: cst.FunctionDef, seen: set[Variable]) -> bool:
    returns = [each for each in tree.all(cst.Return) if tree.function(each) is function]
    return bool(returns) and all(each.value is not None and _origin(tree, names, each.value, seen) for each in returns)
