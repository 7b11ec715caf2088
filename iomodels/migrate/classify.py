"""What each class, or the functions of a module, are: which model they wait by, and what for.

It rests on evidence, never on names: where an accepted connection goes, what is waited for, what is connected, what is
inherited.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from iomodels.migrate.clients import connecting, conversing, datagrams_sent
from iomodels.migrate.evidence import Evidence
from iomodels.migrate.finding import Kind, Model, Place, Unit
from iomodels.migrate.frameworks import defines, is_silent
from iomodels.migrate.module import Class, Function, Module
from iomodels.migrate.servers import accepting, datagrams_taken, inheriting, waiting
from iomodels.migrate.shapes import reached
from iomodels.migrate.stay import stay

__all__ = ["is_silent", "units"]

LOOKS = (accepting, waiting, connecting, conversing, datagrams_taken, datagrams_sent, inheriting)


def units(module: Module) -> Iterator[Unit]:
    """Every unit of a module that waits for sockets, in the order of the file."""
    framework = list(defines(module))
    if framework:
        for defined, reason in framework:
            model = Model.SOCKETSERVER if "socketserver" in reason else Model.ASYNCORE
            yield Unit(_place(module, defined), defined.qualname, Kind.FRAMEWORK, model, (reason,))
        return
    evidence = [one for looked in LOOKS for one in looked(module)]
    for name, group in sorted(_grouped(module, evidence).items(), key=lambda item: _line(module, item[0])):
        yield _unit(module, name, group)


def _unit(module: Module, name: str, group: list[Evidence]) -> Unit:
    """What the evidence of one unit comes to."""
    kinds = {one.kind for one in group}
    heaviest = max(group, key=lambda one: one.weight)
    kind = heaviest.kind
    if {Kind.SERVER, Kind.CLIENT} <= kinds:
        kind = Kind.BOTH
    elif Kind.CLIENT in kinds and heaviest.kind in (Kind.WAITER, Kind.LOOP):  # it waits for what it has connected
        kind, heaviest = Kind.CLIENT, max((one for one in group if one.kind is not Kind.LOOP), key=lambda one: one.weight)
    reasons = dict.fromkeys(one.reason for one in sorted(group, key=lambda one: -one.weight))
    holder = module.by_qualname.get(name, module.top)
    calls = [one.call for one in group if one.call is not None]
    return Unit(
        _place(module, holder), name, kind, heaviest.model, tuple(reasons)[:3], stay(module, heaviest.model, kind, calls)
    )


def _grouped(module: Module, evidence: Iterable[Evidence]) -> dict[str, list[Evidence]]:
    """The evidence by unit: a class is one, and so are functions that call each other; the module is, where all of its do."""
    found: dict[str, list[Evidence]] = defaultdict(list)
    alone: list[tuple[set[str], list[Evidence]]] = []  # functions that belong together, the first of them named
    for one in evidence:
        if one.holder:
            found[one.holder].append(one)
            continue
        function = one.call.function if one.call is not None else module.top
        near = {each.qualname for each in _near(module, function)}
        for names, group in alone:
            if function.qualname in names or any(
                other.call is not None and other.call.function.qualname in near for other in group
            ):
                names |= near
                group.append(one)
                break
        else:
            alone.append((near, [one]))
    for names, group in alone:
        homes = {_outermost(one.call.function if one.call is not None else module.top) for one in group}
        alike = len(homes) == 1 or (len(alone) > 1 and "" not in names)  # one function, or one group of several
        found[next(iter(homes)) if alike and len(homes) == 1 else _first(group) if alike else ""] += group
    return found


def _first(group: Iterable[Evidence]) -> str:
    """The function in which the heaviest evidence of a group was found."""
    heaviest = max(group, key=lambda one: one.weight)
    return _outermost(heaviest.call.function) if heaviest.call is not None else ""


def _near(module: Module, function: Function) -> Iterator[Function]:
    """A function, those that it calls, and those that it has called by threads and the like."""
    for each in reached(module, function):
        yield each
        for call in each.calls:
            for argument in (*call.node.args, *(keyword.value for keyword in call.node.keywords)):
                if isinstance(argument, ast.Name | ast.Attribute):
                    for name in module.value(argument, each):
                        given = module.function_of(name)
                        if given is not None:
                            yield from reached(module, given)


def _outermost(function: Function) -> str:
    """The name of the module's function that a function is in."""
    return function.qualname.partition(".")[0]


def _line(module: Module, name: str) -> int:
    holder = module.by_qualname.get(name) if name else None
    return getattr(holder.node, "lineno", 0) if holder is not None else 0


def _place(module: Module, thing: Class | Function) -> Place:
    if isinstance(thing.node, ast.Module):
        return Place(module.path, 1, 1, 1, 1)
    line = thing.node.lineno
    return Place(module.path, line, thing.node.col_offset + 1, line, len(module.lines[line - 1].rstrip()) + 1)
