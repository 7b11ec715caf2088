"""Whether a conversation calls something that may block: harmless calls are listed, and whatever is not on the list is refused."""

from collections.abc import Iterator, Sequence

import libcst as cst

from iomodels.migrate.rewrite import operations
from iomodels.migrate.rewrite.refusals import Refused
from iomodels.migrate.rewrite.unit import Unit

__all__ = ["examine", "sleeps"]

BUILTINS = frozenset(
    "abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict dir divmod enumerate filter float format frozenset getattr "
    "hasattr hash hex id int isinstance issubclass iter len list map max memoryview min next object oct ord pow print range repr reversed round "
    "set setattr slice sorted staticmethod str sum super tuple type vars zip".split()
)
MODULES = frozenset(
    "array base64 binascii bisect calendar codecs collections copy crypt csv dataclasses datetime decimal difflib email enum errno fractions "
    "functools hashlib heapq hmac html io ipaddress itertools json logging math mimetypes operator pprint random re secrets socket statistics "
    "string struct sys textwrap time traceback types unicodedata urllib.parse uuid warnings zlib".split()
)
NOT_HARMLESS = frozenset(
    "time.sleep sys.exit io.open io.FileIO socket.socket socket.create_connection socket.create_server socket.getaddrinfo socket.gethostbyname "
    "socket.gethostbyname_ex socket.gethostbyaddr socket.getfqdn socket.getnameinfo sys.stdin.read sys.stdin.readline threading.Thread "
    "threading.Event threading.Condition threading.Semaphore threading.Barrier logging.shutdown codecs.open builtins.open builtins.input".split()
)
OS = frozenset(
    "os.getpid os.getppid os.urandom os.fspath os.getcwd os.uname os.environ.get os.getenv os.strerror os.fsencode os.fsdecode".split()
)
METHODS = frozenset(
    name
    for kind in (str, bytes, bytearray, list, dict, set, frozenset, tuple, int, float, memoryview)
    for name in dir(kind)
    if name[0] != "_"
) | frozenset(
    "debug info warning warn error exception critical log isEnabledFor match search fullmatch finditer sub subn group groups groupdict start end "
    "span pack unpack unpack_from pack_into hexdigest digest isoformat strftime total_seconds timestamp appendleft popleft most_common getvalue".split()
)
WAITS = frozenset(
    "Queue SimpleQueue LifoQueue PriorityQueue Thread Process Popen Event Condition Lock RLock Semaphore Barrier".split()
)
LOCKS = frozenset("Lock RLock Semaphore BoundedSemaphore Condition".split())


def _places(unit: Unit, functions: Sequence[cst.FunctionDef]) -> Iterator[cst.CSTNode]:
    if unit.region is not None:
        yield unit.region
    yield from functions


def _calls(unit: Unit, functions: Sequence[cst.FunctionDef]) -> Iterator[cst.Call]:
    for call in unit.tree.all(cst.Call):
        if id(call) not in unit.consumed and any(unit.tree.within(call, place) for place in _places(unit, functions)):
            yield call


def sleeps(unit: Unit, functions: Sequence[cst.FunctionDef]) -> None:
    """Let `time.sleep` become the library's."""
    for call in _calls(unit, functions):
        if unit.names.qualified(call.func) == "time.sleep" and len(call.args) == 1 and call.args[0].keyword is None:
            operations.put(unit, call, unit.table.sleep, None)
            unit.consumed.add(id(call))


def examine(unit: Unit, functions: Sequence[cst.FunctionDef]) -> None:
    """Look at each call that is left. Raises Refused, or marks it when `unsafe` allows it."""
    if not unit.concurrent:
        return  # it keeps nobody waiting who did not wait before
    converted = {id(call) for call, _, _ in unit.calls}
    for call in _calls(unit, functions):
        if id(call) in converted or _harmless(unit, call):
            continue
        text = f"`{unit.tree.code(call.func)}` may block"
        if not unit.options.unsafe:
            raise Refused("may-block", call, text)
        _mark(unit, call, text)
    for with_ in unit.tree.all(cst.With):
        if any(unit.tree.within(node, with_.body) for node in unit.waiting) and any(
            _lock(unit, item.item) for item in with_.items
        ):
            if any(unit.tree.within(with_, place) for place in _places(unit, functions)):
                raise Refused("lock-round-io", with_, "a lock is held while something is awaited")


def _harmless(unit: Unit, call: cst.Call) -> bool:
    names = unit.names
    if names.function(call.func) is not None or names.class_called(call.func) is not None:
        return True  # its body is looked at as well
    name = names.qualified(call.func)
    if name in NOT_HARMLESS:
        return False
    module, _, rest = name.partition(".")
    if module in {"threading", "_thread"} and rest not in {"Lock", "RLock", "allocate_lock"}:
        raise Refused("thread-is-used", call, f"`{unit.tree.code(call)}`: there will be no thread")
    if module == "builtins":
        return rest in BUILTINS or (
            bool(rest) and rest[0].isupper() and rest.endswith(("Error", "Exception", "Exit", "Interrupt"))
        )
    if name:
        return (
            name in OS
            or module in MODULES
            or name.startswith(("urllib.parse.", "os.path.join", "os.path.basename", "os.path.splitext"))
        )
    if isinstance(call.func, cst.Attribute) and _origin(unit, call.func.value) == "Event":
        return call.func.attr.value in {"is_set", "isSet", "set", "clear"}
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in METHODS:
        return _made_of_names(call)
    return _origin(unit, call.func.value) not in WAITS


def _made_of_names(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Call) and _is_super(call.func.value)


def _is_super(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value == "super"


def _origin(unit: Unit, node: cst.BaseExpression) -> str:
    """The last part of the name of the call that made a value, `Queue`; "" when it cannot be told."""
    made = [node, *unit.names.values(unit.names.variable(node))]
    found = {unit.names.qualified(value.func).rpartition(".")[2] for value in made if isinstance(value, cst.Call)}
    return (found & WAITS).pop() if found & WAITS else ""


def _lock(unit: Unit, node: cst.BaseExpression) -> bool:
    return _origin(unit, node) in LOCKS


def _mark(unit: Unit, call: cst.Call, text: str) -> None:
    statement = unit.tree.statement(call)
    comment = cst.EmptyLine(comment=cst.Comment(f"# iomodels: unsafe: {text}"))
    unit.edits.edit(
        statement, f"mark {text}", lambda updated: updated.with_changes(leading_lines=[*updated.leading_lines, comment])
    )
    unit.note(call, f"unsafe: {text}")
