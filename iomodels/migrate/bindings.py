"""What is bound to the name that a method is called on, and what stands round a node."""

import ast

from iomodels.migrate.module import Binding, Call, Function, Module, Node

__all__ = ["bindings_of", "parents"]


def bindings_of(call: Call, module: Module) -> list[Binding]:
    """What is bound to the name that a method is called on; for an attribute, in the classes above as well.

    Of a name that is bound in several places only the nearest counts, where all ways to the call lead through it.
    """
    name, function = call.receiver, call.function
    if name.startswith("self.") and function.class_ is not None:
        above = (module.class_of(base) for base in sorted(module.ancestors(function.class_)))
        family = [function.class_, *(owner for owner in above if owner is not None)]
        return [binding for owner in family for binding in owner.attributes.get(name[5:], [])]
    local = function.names.get(name)
    if not local:
        return module.names.get(name) or []
    before = [binding for binding in local if getattr(binding.node, "lineno", call.node.lineno) < call.node.lineno]
    nearest = before[-1:] if len(local) > 1 else []
    return nearest if nearest and _leads_to(parents(module, function), nearest[0].node, call.node) else local


def _leads_to(above: dict[int, Node], first: Node | None, second: Node) -> bool:
    """Whether one stands in a block round the other."""
    at: Node | None = first
    while at is not None and not isinstance(at, ast.stmt):
        at = above.get(id(at))
    block = above.get(id(at))
    bodies = [getattr(block, name, None) for name in ("body", "orelse", "finalbody")]
    body = next((each for each in bodies if isinstance(each, list) and at in each), [])
    around: Node | None = second
    while around is not None and around not in body:
        around = above.get(id(around))
    return around is not None


def parents(module: Module, function: Function) -> dict[int, ast.AST]:
    """The parent of each node in a function, by the node's id; of the module's own statements for `module.top`."""
    known: dict[int, dict[int, ast.AST]] = vars(module).setdefault("parents", {})
    found = known.get(id(function))
    if found is None:
        found = known[id(function)] = {}
        ahead: list[ast.AST] = [function.node]
        while ahead:
            node = ahead.pop()
            for child in ast.iter_child_nodes(node):
                found[id(child)] = node
                if function is not module.top or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    ahead.append(child)
    return found
