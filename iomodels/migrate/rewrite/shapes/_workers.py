"""N threads that are made and started in a loop, all alike: found, with all that the program does with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.shapes._kept import kept_comprehension, kept_list
from iomodels.migrate.rewrite.shapes._steady import steady
from iomodels.migrate.rewrite.thread_class import is_thread, truth
from iomodels.migrate.rewrite.threads import THREAD, Start, start_of
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["Workers", "is_worker", "workers_of"]

METHODS = {"start", "join", "setDaemon", "setName"}
OTHERWISE = "is done while the workers are made, started or waited for"


@dataclass(frozen=True)
class Workers:
    """The threads. start: the making of one. loop: what starts them, once for each `target` in `iterated`.

    making: the statement before the loop that makes them, where it does not. joins: those that wait for them. kept: the list
    that they are kept in, to begin with. daemon: whether they are made daemons where they are made or started.
    """

    start: Start
    loop: cst.For
    target: cst.BaseExpression
    iterated: cst.BaseExpression
    making: cst.BaseStatement | None
    joins: tuple[cst.For, ...]
    kept: cst.CSTNode | None
    daemon: bool

    @property
    def statements(self) -> tuple[cst.BaseStatement, ...]:
        return (self.loop, *self.joins, *([self.making] if self.making is not None else []))


@dataclass
class _Done:
    """What a loop does with the threads. held: the variable that it calls one. listed: the list that it puts them into."""

    loop: cst.For
    held: Variable | None
    listed: cst.BaseExpression | None = None
    starts: bool = False
    joins: bool = False
    daemon: bool = False
    own: set[Variable] = field(default_factory=set)


def is_worker(tree: Tree, names: Names, function: cst.CSTNode | None) -> bool:
    """Whether a function is what threads run that are made in a loop."""
    made = list(_makers(tree, names, function)) if isinstance(function, cst.FunctionDef) else []
    return any(isinstance(above, cst.For | cst.ListComp) for call in made for above in tree.ancestors(call))


def _makers(tree: Tree, names: Names, function: cst.FunctionDef) -> Iterator[cst.Call]:
    for call in tree.all(cst.Call):
        owner = names.class_called(call.func)
        runs = [arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "target"]
        if (names.qualified(call.func) == THREAD and any(names.function(each) is function for each in runs)) or (
            owner is not None and is_thread(names, owner) and names.find_method(owner, "run") is function
        ):
            yield call


def workers_of(tree: Tree, names: Names, function: cst.FunctionDef) -> Workers:
    """The threads that run a function, which `is_worker`. Raises Refused."""
    call, *others = _makers(tree, names, function)
    if others:
        raise Refused("thread-is-used", others[0], f"`{function.name.value}` is run by threads that are made in two places")
    start = start_of(names, call)
    parent = tree.parent(call)
    done: list[_Done] = []
    first: cst.For | None = None
    listed: cst.BaseExpression | None
    making: cst.BaseStatement | None
    if isinstance(parent, cst.ListComp):
        listed, making = kept_comprehension(tree, parent)
        target, iterated = parent.for_in.target, parent.for_in.iter
    else:
        first = next((above for above in tree.ancestors(call) if isinstance(above, cst.For)), None)
        if first is None or tree.function(first) is not tree.function(call):
            raise Refused("thread-is-used", call, "the workers are not made in a `for` loop")
        done.append(_look_at(tree, names, first, start, None))
        listed, making = done[0].listed, None if done[0].starts else first
        target, iterated = first.target, first.iter
    kept = None
    if listed is not None:
        kept, loops = kept_list(tree, names, listed, first)
        done += [_look_at(tree, names, loop, start, names.variable(loop.target)) for loop in loops]
    starting = [each for each in done if each.starts]
    if len(starting) != 1 or starting[0].joins:
        raise Refused("thread-is-used", call, "the workers are not started in one loop")
    joins = tuple(each.loop for each in done if each.joins)
    if any(not each.starts and not each.joins and each.loop is not making for each in done):
        raise Refused("odd-loop", call, "the workers are looked at in a loop that neither starts them nor waits for them")
    given = [arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == "daemon"]
    daemon = any(each.daemon for each in done) or (start.target is not None and any(truth(value) for value in given))
    workers = Workers(start, starting[0].loop, target, iterated, making, joins, kept, daemon)
    _check_names(tree, names, workers, [variable for each in done for variable in each.own])
    return workers


def _look_at(tree: Tree, names: Names, loop: cst.For, start: Start, held: Variable | None) -> _Done:
    """What a loop does with the threads; held: the variable that has one. Raises Refused for anything else."""
    done = _Done(loop, held)
    if loop.orelse is not None or loop.asynchronous is not None or not isinstance(loop.target, cst.Name):
        raise Refused("odd-loop", loop, "the loop over the workers has a form that is not known")
    for line in loop.body.body:
        if not isinstance(line, cst.SimpleStatementLine | cst.Assign | cst.Expr):
            raise Refused("odd-loop", line, f"`{tree.code(line).splitlines()[0]}` {OTHERWISE}")
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else [line]:
            if not _is_known(names, small, start, done):
                raise Refused("odd-loop", small, f"`{tree.code(small)}` {OTHERWISE}")
    done.own = {each for each in (done.held, names.variable(loop.target)) if each is not None}
    return done


def _is_known(names: Names, small: cst.CSTNode, start: Start, done: _Done) -> bool:
    def is_it(node: cst.CSTNode) -> bool:
        return node is start.call or (done.held is not None and names.variable(node) == done.held)

    match small:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)], value=value) if value is start.call:
            done.held = names.variable(target)
            return done.held is not None
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute(value=owner, attr=cst.Name(value=name)))], value=value):
            done.daemon |= name == "daemon" and is_it(owner) and truth(value)
            return is_it(owner) and name in {"daemon", "name"}
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=method)), args=args)):
            given = [arg.value for arg in args]
            if is_it(owner):
                done.starts |= method == "start"
                done.joins |= method == "join"
                done.daemon |= method == "setDaemon" and len(given) == 1 and truth(given[0])
                return len(given) == (1 if method in {"setDaemon", "setName"} else 0) and method in METHODS
            if method == "append" and len(given) == 1 and is_it(given[0]) and done.listed is None:
                done.listed = owner
                return True
    return False


def _check_names(tree: Tree, names: Names, workers: Workers, own: Sequence[Variable]) -> None:
    """Raise Refused where the loops' names are used elsewhere, or what they make the threads of may change."""
    for variable in own:
        for load in names.loads[variable]:
            if not any(tree.within(load, each) for each in workers.statements):
                raise Refused("thread-is-used", load, f"`{variable.name}` is used outside of the loops over the workers")
    given = [element.value for element in workers.start.args] if workers.start.target is not None else []
    given += [arg.value for arg in workers.start.call.args] if workers.start.target is None else []
    counted = isinstance(workers.iterated, cst.Call) and names.qualified(workers.iterated.func) == "builtins.range"
    if not counted:
        raise Refused("thread-is-used", workers.iterated, "how many workers there are is not said by `range`")
    for node in (*given, workers.iterated):
        if not steady(tree, names, node, own):
            raise Refused("odd-loop", node, f"`{tree.code(node)}` may be another thing when the tasks are started")
