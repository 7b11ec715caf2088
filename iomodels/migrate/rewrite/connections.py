"""Following a connection through a unit: every name is renamed, every use has a counterpart, or all is refused."""

from collections.abc import Callable

import libcst as cst

from iomodels.migrate.rewrite import files, operations, timeouts
from iomodels.migrate.rewrite.attributes import hold
from iomodels.migrate.rewrite.bounded import receive_behind
from iomodels.migrate.rewrite.containers import container_of, keep
from iomodels.migrate.rewrite.keys import check_keys, keyed_by
from iomodels.migrate.rewrite.names import Store, Variable
from iomodels.migrate.rewrite.others import compare, given_out, settle, write_to_other
from iomodels.migrate.rewrite.parameters import only_connections, parameters_of
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.returning import check_givers, receivers
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["follow", "follow_all", "names_of", "pass_on", "spread"]


def follow(unit: Unit, *seeds: cst.CSTNode) -> None:
    """Follow the connections that are stored at `seeds` (the name, or attribute, that `accept` gives it to). Raises Refused."""
    for seed in seeds:
        variable = unit.names.variable(seed)
        if variable is None:
            raise Refused("connection-escapes", seed, "what the connection is stored in cannot be followed")
        unit.consumed.add(id(seed))
        hold(unit, variable)
    follow_all(unit)


def follow_all(unit: Unit) -> None:
    """Follow every connection that `unit.ends` has. Raises Refused."""
    followed: set[Variable] = set()
    while remaining := [variable for variable in unit.ends if variable not in followed]:
        for variable in remaining:
            followed.add(variable)
            for node in unit.names.loads[variable]:
                if id(node) not in unit.consumed:
                    _use(unit, node)
    check_givers(unit)
    for variable in followed:
        for store in unit.names.stores[variable]:
            if id(store.node) not in unit.consumed:
                _store(unit, store)
    for comparison in unit.compared:
        compare(unit, comparison)
    calls = [(call, method, node) for call, method, node in unit.calls if id(call) not in unit.consumed]
    for node, container in unit.kept:
        keep(unit, node, container)
    for table in unit.keyed:
        check_keys(unit, table)
    timeouts.decide(unit, calls)
    if unit.others:
        settle(unit)
    made = [(call, node) for call, method, node in calls if method == "makefile"]
    read = any(method == "recv" for _, method, _ in unit.calls)
    for call, method, node in calls:
        if method != "makefile":
            operations.convert(unit, call, method, node)
        if made and (read or unit.seconds):
            raise Refused("connection-escapes", call, "the connection has a file, and is read, or has a time limit, beside it")
    if made:
        files.follow_files(unit, made)


def _use(unit: Unit, node: cst.BaseExpression) -> None:
    """One place where a connection is read."""
    tree, parent = unit.tree, unit.tree.parent(node)
    if id(node) in unit.passed:
        pass_on(unit, *unit.passed[id(node)], node)
        return
    if (table := keyed_by(unit, node)) is not None:
        unit.keyed.append(table)
        given_out(unit, table, value=False)
        _rename(unit, node)
        return
    if (container := container_of(unit, node)) is not None:
        unit.kept.append((node, container))
        given_out(unit, container, value=isinstance(parent, cst.Assign))
        _rename(unit, node)
        return
    if unit.names.variable(node) in unit.others:
        write_to_other(unit, node)
        return
    match parent:
        case cst.Attribute(value=value) if value is node:
            call = tree.parent(parent)
            if not (isinstance(call, cst.Call) and call.func is parent):
                raise Refused("connection-escapes", node, f"`{tree.code(parent)}` is used without being called")
            unit.calls.append((call, parent.attr.value, node))
        case cst.Arg():
            _argument(unit, parent, node)
        case cst.WithItem(item=item) if item is node:
            operations.convert_with(unit, parent, node)
        case cst.Assign(value=value) if value is node and len(parent.targets) == 1:
            _alias(unit, parent.targets[0].target, node)
            _rename(unit, node, together=True)
        case cst.Return():
            for variable in receivers(unit, parent):
                hold(unit, variable)
            _rename(unit, node, together=True)
        case cst.Element() if receive_behind(unit, parent, node):
            pass
        case cst.Element() if (target := _opposite(unit, parent)) is not None:
            _alias(unit, target, node)
            spread(unit, parent, cst.Element, names_of(unit, node))
        case cst.Comparison() | cst.ComparisonTarget():
            comparison = parent if isinstance(parent, cst.Comparison) else tree.parent(parent)
            assert isinstance(comparison, cst.Comparison)
            unit.compared.append(comparison)
            _rename(unit, node)
        case cst.If() | cst.While() | cst.BooleanOperation() | cst.UnaryOperation():
            _rename(unit, node)
        case _:
            raise Refused("connection-escapes", node, f"`{tree.code(node)}` goes where it cannot be followed")


def _rename(unit: Unit, node: cst.CSTNode, *, together: bool = False) -> None:
    if unit.table.pair:
        ends = unit.ends_of(node)
        assert ends is not None
        unit.edits.replace(node, cst.parse_expression(", ".join(ends.both) if together else ends.writer))


def names_of(unit: Unit, node: cst.CSTNode) -> Callable[[], tuple[str, ...]]:
    """What gives the names of a connection once they are known: while the edits are made."""

    def names() -> tuple[str, ...]:
        ends = unit.ends_of(node)
        assert ends is not None
        return ends.both

    return names


def spread(
    unit: Unit, node: cst.CSTNode, kind: type[cst.Element] | type[cst.Arg], names: Callable[[], tuple[str, ...]]
) -> None:
    """Make an element, or argument, into one for each end of the connection."""
    if not unit.table.pair:
        return

    def edit(updated: cst.Element | cst.Arg) -> cst.FlattenSentinel[cst.CSTNode]:
        values = [cst.parse_expression(name) for name in names()]
        first = kind(values[0], comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")))
        return cst.FlattenSentinel([first, updated.with_changes(value=values[1])])

    unit.edits.edit(node, "spread", edit)


def _opposite(unit: Unit, element: cst.Element) -> cst.BaseExpression | None:
    """What an element is assigned to, in `a, b = x, y`."""
    values = unit.tree.parent(element)
    assign = unit.tree.parent(values) if values is not None else None
    if not (isinstance(values, cst.Tuple) and isinstance(assign, cst.Assign) and len(assign.targets) == 1):
        return None
    targets = assign.targets[0].target
    if not isinstance(targets, cst.Tuple) or len(targets.elements) != len(values.elements):
        return None
    index = next(index for index, each in enumerate(values.elements) if each is element)
    return targets.elements[index].value


def _alias(unit: Unit, target: cst.BaseExpression, node: cst.CSTNode) -> None:
    variable = unit.names.variable(target)
    if variable is None:
        raise Refused("connection-escapes", node, f"`{unit.tree.code(target)}` cannot be followed")
    hold(unit, variable)


def _argument(unit: Unit, argument: cst.Arg, node: cst.BaseExpression) -> None:
    call = unit.tree.parent(argument)
    assert isinstance(call, cst.Call) or isinstance(unit.tree.parent(argument), cst.ClassDef)
    if isinstance(call, cst.Call) and unit.names.qualified(call.func) == "contextlib.closing":
        item = unit.tree.parent(call)
        if isinstance(item, cst.WithItem):
            unit.consumed.add(id(call))
            operations.convert_with(unit, item, node)
            return
    if not isinstance(call, cst.Call) or argument.star:
        raise Refused("connection-escapes", node, f"`{unit.tree.code(node)}` goes where it cannot be followed")
    index = next(index for index, each in enumerate(call.args) if each is argument)
    pass_on(unit, call.func, index if argument.keyword is None else argument.keyword.value, node)
    if argument.keyword is None:
        spread(unit, argument, cst.Arg, names_of(unit, node))
    elif unit.table.pair:
        raise Refused("connection-escapes", node, "a connection is passed by keyword")


def pass_on(unit: Unit, callee: cst.BaseExpression, place: int | str, node: cst.CSTNode) -> None:
    """Follow a connection into the parameter of a function of the file. place: its position, or its keyword."""
    for variable in parameters_of(unit, callee, place, node):
        hold(unit, variable)


def _store(unit: Unit, store: Store) -> None:
    """One place where a variable that holds connections is given a value: it must be one too, or None."""
    tree, parent = unit.tree, unit.tree.parent(store.node)
    if isinstance(parent, cst.Param):
        _parameter(unit, parent, store)
    elif isinstance(parent, cst.Del):
        raise Refused(
            "connection-escapes", store.node, f"`{tree.code(parent)}` closes it only when nothing else holds it: close it there"
        )
    elif isinstance(parent, cst.AsName):
        return  # `with connection as name`: its item has been seen to
    elif store.value is not None and unit.ends_of(store.value) is not None:
        if isinstance(parent, cst.Element):
            spread(unit, parent, cst.Element, names_of(unit, store.node))
        else:
            _rename(unit, store.node, together=True)
    elif isinstance(store.value, cst.Name) and store.value.value == "None" and isinstance(parent, cst.AssignTarget):
        if unit.table.pair:
            ends = unit.ends_of(store.node)
            assert ends is not None
            targets = [cst.AssignTarget(cst.parse_expression(name)) for name in ends.both]  # type: ignore[arg-type]
            unit.edits.replace(parent, cst.FlattenSentinel(targets))
    else:
        raise Refused("connection-escapes", store.node, f"`{tree.code(store.node)}` holds something else as well")


def _parameter(unit: Unit, param: cst.Param, store: Store) -> None:
    if store.function is None or param.star:
        raise Refused("connection-escapes", store.node, "a connection is passed to a lambda, or among *args")
    variable = unit.names.variable(param.name)
    assert variable is not None
    ends = unit.ends[variable]
    for argument in only_connections(unit, store.function, variable):
        if argument.keyword is not None and unit.table.pair:
            raise Refused("connection-escapes", argument, "a connection, or None, is passed by keyword")
        spread(unit, argument, cst.Arg, lambda: ("None", "None"))

    def edit(updated: cst.Param) -> object:
        params = []
        for name, type_ in zip(ends.both, unit.table.types, strict=True):
            annotation = updated.annotation and updated.annotation.with_changes(annotation=cst.parse_expression(type_))
            params.append(updated.with_changes(name=cst.Name(name), annotation=annotation, comma=cst.MaybeSentinel.DEFAULT))
        params[-1] = params[-1].with_changes(comma=updated.comma)
        return cst.FlattenSentinel(params)

    if param.annotation is not None:
        unit.edits.imports.update(unit.table.type_imports)
    unit.edits.edit(param, "rename", edit)
