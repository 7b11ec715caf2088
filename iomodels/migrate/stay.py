"""Where it is better not to go async, and why."""

import ast
from collections.abc import Iterable

from iomodels.migrate.finding import Kind, Model
from iomodels.migrate.module import Call, Function, Module
from iomodels.migrate.shapes import constant, reached

__all__ = ["stay"]

# What a process has for itself, and a task does not.
PROCESS = (
    *("setuid", "setgid", "setreuid", "setregid", "seteuid", "setegid", "setgroups", "initgroups", "chroot", "chdir", "umask"),
    *("nice", "setsid", "execv", "execve", "execvp", "execl", "dup2"),
)
ISOLATION = {*(f"os.{name}" for name in PROCESS), "resource.setrlimit", "signal.alarm", "pty.fork"}
# What keeps a processor busy, not a socket waiting.
HEAVY = (
    "hashlib.pbkdf2_hmac",
    "hashlib.scrypt",
    "zlib.",
    "bz2.",
    "lzma.",
    "numpy.",
    "scipy.",
    "PIL.",
    "cv2.",
    "torch.",
    "pandas.",
    "bcrypt.",
)


def stay(module: Module, model: Model, kind: Kind, calls: Iterable[Call]) -> str:
    """Why a unit is better left as it is; "" where nothing speaks against a move."""
    if kind not in (Kind.SERVER, Kind.BOTH):
        return ""
    functions = _all(module, calls)
    made = [call for function in functions for call in function.calls]
    if model in (Model.FORK, Model.PREFORK):
        relied = next((name for call in made for name in sorted(call.names) if name in ISOLATION), "")
        if relied:
            return f"do not go async here: each child relies on a process of its own ({relied})"
    imported = {name.partition(".")[0] for name in module.imports}
    heavy = ""
    if not imported.isdisjoint(name.partition(".")[0] for name in HEAVY):
        heavy = next((name for call in made for name in sorted(call.names) if name.startswith(HEAVY)), "")
    if heavy:
        return f"do not go async here: the handler keeps the processor busy ({heavy}), which stops everybody on a loop"
    if model is Model.BLOCKING and kind is Kind.SERVER:
        backlogs = [constant(call.argument(0)) for call in made if call.calls("socket.socket.listen")]
        if any(isinstance(backlog, int) and backlog <= 1 for backlog in backlogs) and _serves_once(calls):
            return "do not go async here: it serves one client by design (it accepts once)"
    return ""


def _serves_once(calls: Iterable[Call]) -> bool:
    return not any(call.loops for call in calls)


def _all(module: Module, calls: Iterable[Call]) -> list[Function]:
    found: dict[int, Function] = {}
    for call in calls:
        for function in reached(module, call.function):
            found[id(function)] = function
        if call.function.class_ is not None:
            found.update((id(method), method) for method in call.function.class_.methods.values())
        for other in call.function.calls:
            for argument in (*other.node.args, *(keyword.value for keyword in other.node.keywords)):
                for name in module.value(argument, call.function) if isinstance(argument, ast.Name | ast.Attribute) else ():
                    target = module.function_of(name)
                    if target is not None:
                        found.update((id(function), function) for function in reached(module, target))
    return list(found.values())
