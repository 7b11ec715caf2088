"""What blocks: calls of the standard library that wait, known by their names and by what their receivers were made by."""

import libcst as cst

from iomodels.migrate.rewrite.names import Names, Variable
from iomodels.migrate.rewrite.thread_class import is_thread
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["FUTURE", "LOCKS", "blocks", "made_by", "submits"]

FUNCTIONS = {
    "time.sleep": "IOM308",
    "select.select": "IOM306",
    "os.system": "IOM309",
    "subprocess.getoutput": "IOM309",
    "subprocess.getstatusoutput": "IOM309",
    **{f"subprocess.{name}": "IOM309" for name in ("run", "call", "check_call", "check_output")},
    **{f"socket.{name}": "IOM305" for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")},
    **{f"socket.{name}": "IOM305" for name in ("getnameinfo", "getfqdn")},
}
LOCKS = ("threading.Lock", "threading.Semaphore", "threading.BoundedSemaphore", "threading.RLock", "threading.Condition")
QUEUES = ("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "queue.SimpleQueue", "multiprocessing.Queue")
THREADS = ("threading.Thread", "threading.Timer", "multiprocessing.Process")
METHODS = {
    **{(made, "join"): "IOM310" for made in THREADS},
    **{(made, method): "IOM311" for made in QUEUES for method in ("get", "put", "join")},
    **{(made, "acquire"): "IOM312" for made in LOCKS},
    **{("threading.Condition", method): "IOM312" for method in ("wait", "wait_for")},
    **{(f"threading.{made}", "wait"): "IOM312" for made in ("Event", "Barrier")},
    **{("subprocess.Popen", method): "IOM309" for method in ("wait", "communicate")},
}
FUTURE = "IOM310"  # a wait for what a pool does is one for its thread
POOLS = ("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor")
BOUNDED = 1  # a queue of so many arguments has a size that `put` waits for


def blocks(tree: Tree, names: Names, call: cst.Call) -> str:
    """The code of the rule that a call breaks in async code; "" when it does not wait, or cannot be told."""
    name = names.qualified(call.func)
    if name in FUNCTIONS:
        return "" if name == "select.select" and len(call.args) == 4 and _nothing(tree, call.args[3].value) else FUNCTIONS[name]
    if not isinstance(call.func, cst.Attribute):
        return ""
    if call.func.attr.value == "result" and _submitted(tree, names, call.func.value):
        return FUTURE
    made, method = made_by(tree, names, call.func.value), call.func.attr.value
    rule = METHODS.get((made, method), "")
    if not rule or _only_asks(tree, call, method):
        return ""
    if method == "put" and not _bounded(names, call.func.value):
        return ""
    return rule


def _submitted(tree: Tree, names: Names, node: cst.BaseExpression) -> bool:
    """Whether a value is what a pool's `submit` returns."""
    variable = names.variable(node)
    stores = names.stores[variable] if variable is not None else []
    made = [node] if isinstance(node, cst.Call) else [store.value for store in stores]
    return bool(made) and all(isinstance(call, cst.Call) and submits(tree, names, call) for call in made)


def submits(tree: Tree, names: Names, call: cst.Call) -> bool:
    """Whether a call gives work to a pool of this file: it does not wait."""
    return (
        isinstance(call.func, cst.Attribute)
        and call.func.attr.value == "submit"
        and made_by(tree, names, call.func.value) in POOLS
    )


def _nothing(tree: Tree, node: cst.BaseExpression) -> bool:
    return tree.code(node) in {"0", "0.0", "False"}


def _only_asks(tree: Tree, call: cst.Call, method: str) -> bool:
    """Whether a call says that it does not wait: acquire(False), get(block=False), a timeout of 0."""
    for index, arg in enumerate(call.args):
        keyword = arg.keyword.value if arg.keyword is not None else ""
        first = not keyword and index == (1 if method in {"put", "wait_for"} else 0)
        if (keyword in {"block", "blocking", "timeout"} or first) and _nothing(tree, arg.value):
            return True
    return False


def _bounded(names: Names, node: cst.BaseExpression) -> bool:
    made = names.values(names.variable(node))
    return any(isinstance(call, cst.Call) and len(call.args) >= BOUNDED for call in made)


def made_by(tree: Tree, names: Names, node: cst.BaseExpression) -> str:
    """The name of what made a value, `queue.Queue`, the same wherever it is stored; "" when it cannot be told."""
    found = _made(tree, names, node, set())
    return found.pop() if len(found) == 1 else ""


def _made(tree: Tree, names: Names, node: cst.BaseExpression, seen: set[Variable]) -> set[str]:
    """The names of all that may have made a value, "" for what cannot be told. seen: variables that are looked at already."""
    if isinstance(node, cst.Call):
        owner = names.class_called(node.func)
        return {"threading.Thread" if owner is not None and is_thread(names, owner) else names.qualified(node.func)}
    variable = names.variable(node)
    if variable is None:
        return {""}
    if variable in seen:
        return set()
    seen.add(variable)
    found: set[str] = set()
    for store in names.stores[variable]:
        if store.value is None:
            found |= _element(tree, names, store.node, seen)
        elif tree.code(store.value) != "None":
            found |= _made(tree, names, store.value, seen) if isinstance(store.value, cst.Call) else {""}
    return found


def _element(tree: Tree, names: Names, node: cst.CSTNode, seen: set[Variable]) -> set[str]:
    """What made the elements of a list, for the variable of a loop over it."""
    loop = tree.parent(node)
    if not isinstance(loop, cst.For | cst.CompFor) or loop.target is not node:
        return {""}
    variable = names.variable(loop.iter)
    if variable is None:
        return {""}
    found: set[str] = set()
    for store in names.stores[variable]:
        if isinstance(store.value, cst.List):
            found = found.union(*(_made(tree, names, each.value, seen) for each in store.value.elements))
        else:
            found |= _made(tree, names, store.value.elt, seen) if isinstance(store.value, cst.ListComp) else {""}
    return found.union(*(_put_into(tree, names, load, seen) for load in names.loads[variable]))


def _put_into(tree: Tree, names: Names, load: cst.BaseExpression, seen: set[Variable]) -> set[str]:
    """What made the value that is put into a list here; nothing where it is only looked at, "" where that cannot be told."""
    parent = tree.parent(load)
    if isinstance(parent, cst.For | cst.CompFor):
        return set()
    call = tree.parent(parent) if parent is not None else None
    if not isinstance(call, cst.Call):
        return {""}
    if isinstance(parent, cst.Attribute) and parent.attr.value == "append" and len(call.args) == 1:
        return _made(tree, names, call.args[0].value, seen)
    return set() if isinstance(parent, cst.Arg) and names.qualified(call.func) == "builtins.len" else {""}
