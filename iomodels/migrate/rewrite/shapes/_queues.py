"""A queue of threads, followed through the names, parameters and attributes that hold it: all that is done with it."""

from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._kept import only_own
from iomodels.migrate.rewrite.threads import THREAD
from iomodels.migrate.rewrite.tree import Tree
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["Queue", "convert_queue", "queue_of"]

QUEUES = {"queue.Queue", "queue.SimpleQueue"}
USES = {"put": 1, "get": 0, "task_done": 0}


@dataclass
class Queue:
    """made: the calls that make it. put, get, task_done: the calls of these. annotations: of what holds it."""

    made: list[cst.Call] = field(default_factory=list)
    put: list[cst.Call] = field(default_factory=list)
    get: list[cst.Call] = field(default_factory=list)
    task_done: list[cst.Call] = field(default_factory=list)
    annotations: list[cst.BaseExpression] = field(default_factory=list)


def queue_of(tree: Tree, names: Names, node: cst.BaseExpression) -> Queue:
    """The queue that an expression is. Raises Refused where it is anything else, or used for more than put and get."""
    passed = _passed(tree, names)
    first = names.variable(node)
    if first is None:
        raise Refused("thread-is-used", node, f"what queue `{tree.code(node)}` is cannot be told")
    found, todo, seen = Queue(), [first], set[Variable]()
    while todo:
        variable = todo.pop()
        if variable in seen:
            continue
        seen.add(variable)
        for load in names.loads[variable]:
            todo += _use(tree, names, found, load, passed)
        for store in names.stores[variable]:
            todo += _source(tree, names, found, store.node, store.value, [given for given, to in passed if to == variable])
        if variable.attribute:
            only_own(tree, names, variable, "the queue")
    if len(found.made) != 1:
        raise Refused("thread-is-used", node, f"`{tree.code(node)}` is not one queue that is made in this file")
    return found


def _passed(tree: Tree, names: Names) -> list[tuple[cst.BaseExpression, Variable]]:
    """Every argument that goes to a function of the file, by a call or by a thread, and the parameter that it becomes."""
    found: list[tuple[cst.BaseExpression, Variable]] = []
    for call in tree.all(cst.Call):
        owner, callee = names.class_called(call.func), call.func
        function = names.find_method(owner, "__init__") if owner is not None else names.function(callee)
        given = [(arg.value, arg.keyword.value if arg.keyword is not None else index) for index, arg in enumerate(call.args)]
        if names.qualified(callee) == THREAD:
            told = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
            callee = told.get("target", callee)
            function, args = names.function(callee), told.get("args")
            given = (
                [(each.value, index) for index, each in enumerate(args.elements)]
                if isinstance(args, cst.Tuple | cst.List)
                else []
            )
        if function is None:
            continue
        bound = owner is not None or isinstance(callee, cst.Attribute)
        params = list(function.params.params)[1 if bound else 0 :]
        for value, place in given:
            for index, param in enumerate(params):
                variable = names.variable(param.name)
                if place in (index, param.name.value) and variable is not None:
                    found.append((value, variable))
    return found


def _use(
    tree: Tree, names: Names, found: Queue, load: cst.BaseExpression, passed: list[tuple[cst.BaseExpression, Variable]]
) -> list[Variable]:
    """What is done in one place: noted, and the variables that it goes to from there."""
    parent = tree.parent(load)
    above = tree.parent(parent) if parent is not None else None
    if isinstance(parent, cst.Attribute) and isinstance(above, cst.Call) and above.func is parent:
        method = parent.attr.value
        if method not in USES or len(above.args) != USES[method] or any(arg.keyword or arg.star for arg in above.args):
            raise Refused("thread-is-used", above, f"`{tree.code(above)}`: the queue is used for more than put and get")
        calls: list[cst.Call] = getattr(found, method)
        calls.append(above)
        return []
    target = parent.targets[0].target if isinstance(parent, cst.Assign) and len(parent.targets) == 1 else None
    target = parent.target if isinstance(parent, cst.AnnAssign) else target
    aims = [names.variable(target)] if target is not None else [to for given, to in passed if given is load]
    if not aims or None in aims:
        raise Refused("thread-is-used", load, f"the queue `{tree.code(load)}` goes where it cannot be followed")
    return [aim for aim in aims if aim is not None]


def _source(
    tree: Tree,
    names: Names,
    found: Queue,
    node: cst.CSTNode,
    value: cst.BaseExpression | None,
    passed: list[cst.BaseExpression],
) -> list[Variable]:
    """Where a value comes from that a variable is given: the variables, unless it is made here."""
    parent = tree.parent(node)
    annotated = parent if isinstance(parent, cst.Param | cst.AnnAssign) else None
    if annotated is not None and annotated.annotation is not None:
        found.annotations.append(annotated.annotation.annotation)
    if isinstance(value, cst.Call) and names.qualified(value.func) in QUEUES:
        found.made.append(value)
        return []
    plain = isinstance(parent, cst.Param) and parent.default is None and not parent.star
    sources = [names.variable(each) for each in (passed if plain else [value]) if each is not None]
    if not sources or None in sources:
        raise Refused("thread-is-used", node, f"`{tree.code(node)}` may be something else than the queue")
    return [source for source in sources if source is not None]


def convert_queue(unit: Unit, queue: Queue) -> None:
    """Let a queue be one for tasks; `put` and `get` are the shape's. Raises Refused."""
    [made] = queue.made
    simple = unit.names.qualified(made.func) == "queue.SimpleQueue"
    if len(made.args) > (0 if simple else 1) or any(arg.star for arg in made.args) or (simple and queue.task_done):
        raise Refused("thread-is-used", made, f"`{unit.tree.code(made)}` has a form that is not known")
    op = unit.table.counted_queue if queue.task_done else unit.table.queue
    text = unit.use(op, None, ", ".join(unit.tree.code(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for arg in made.args))
    unit.edits.keep_comments(made)
    unit.edits.replace(made, cst.parse_expression(text))
    unit.consumed.update(id(call) for call in (made, *queue.task_done))
    kind = cst.parse_expression(text.partition("(")[0])
    for annotation in queue.annotations:
        named = annotation.value if isinstance(annotation, cst.Subscript) else annotation
        if unit.names.qualified(named) not in QUEUES:
            raise Refused("thread-is-used", annotation, f"`{unit.tree.code(annotation)}` will not be what the queue is")
        unit.edits.replace(annotation, kind)
