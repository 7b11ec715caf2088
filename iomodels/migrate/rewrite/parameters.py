"""From an argument to the parameter that it becomes, and back to all the others that may become it."""

import libcst as cst

from iomodels.migrate.rewrite.colour import overrides
from iomodels.migrate.rewrite.names import Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["only_connections", "parameter_of", "parameters_of"]


def parameter_of(unit: Unit, callee: cst.BaseExpression, place: int | str, node: cst.CSTNode) -> Variable:
    """The one parameter that an argument goes to. Raises Refused where it is not a function of this file's, or overridden."""
    found = parameters_of(unit, callee, place, node)
    if len(found) > 1:
        raise Refused("connection-escapes", node, f"`{unit.tree.code(callee)}` is overridden")
    return found[0]


def parameters_of(unit: Unit, callee: cst.BaseExpression, place: int | str, node: cst.CSTNode) -> list[Variable]:
    """The parameter that an argument goes to, in the function, and in those that override it. Raises Refused."""
    function, bound = unit.names.function(callee), isinstance(callee, cst.Attribute)
    owner = unit.names.class_called(callee)
    if owner is not None:
        function, bound = unit.names.find_method(owner, "__init__"), True
    if function is None:
        raise Refused(
            "connection-escapes", node, f"`{unit.tree.code(callee)}` gets the connection, and is not a function of this file"
        )
    return [_parameter(unit, each, place, node, bound=bound) for each in overrides(unit.tree, unit.names, function)]


def _parameter(unit: Unit, function: cst.FunctionDef, place: int | str, node: cst.CSTNode, *, bound: bool) -> Variable:
    params = [*function.params.posonly_params, *function.params.params]
    static = any(unit.tree.code(each.decorator) == "staticmethod" for each in function.decorators)
    offset = 1 if bound and not static else 0
    for index, param in enumerate(params):
        if param.name.value == place or index - offset == place:
            variable = unit.names.variable(param.name)
            assert variable is not None
            return variable
    raise Refused(
        "connection-escapes", node, f"`{function.name.value}` takes the connection in a parameter that cannot be told"
    )


def only_connections(unit: Unit, function: cst.FunctionDef, variable: Variable) -> list[cst.Arg]:
    """Refuse a function that gets something else in a connection's place. Returns the arguments that are None there."""
    nothing = []
    for call in unit.tree.all(cst.Call):
        owner = unit.names.class_called(call.func)
        callee = unit.names.find_method(owner, "__init__") if owner is not None else unit.names.function(call.func)
        if callee is not function or id(call) in unit.consumed:
            continue
        places = [(arg, index if arg.keyword is None else arg.keyword.value) for index, arg in enumerate(call.args)]
        given = [arg for arg, place in places if variable in parameters_of(unit, call.func, place, arg.value)]
        if given and not given[0].star and unit.tree.code(given[0].value) == "None":
            nothing.append(given[0])
        elif not (unit.ends_of(given[0].value) if given else _may_be_left_out(unit, function, variable, call)):
            raise Refused("connection-escapes", call, f"`{function.name.value}` gets something else here")
    return nothing


def _may_be_left_out(unit: Unit, function: cst.FunctionDef, variable: Variable, call: cst.Call) -> bool:
    """Whether a call that does not give a parameter gives it None: its default."""
    defaults = [param.default for param in function.params.params if param.name.value == variable.name]
    plain = not any(arg.star for arg in call.args)
    return plain and all(default is not None and unit.tree.code(default) == "None" for default in defaults)
