"""An except clause round socket I/O that swallows everything."""

import ast
from collections.abc import Iterator

from iomodels.migrate.hazards import IO, likely_socket
from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import handler_names

EXAMPLE = """\
import socket


def tell(address, text):
    connection = socket.create_connection(address)
    try:
        connection.sendall(text)
    except:
        pass
"""

HANDS_ON = {"set_exception", "_fatal_error", "put", "append", "throw", "send"}
ROUND = IO | {"socket.socket.shutdown"}
SILENT = (ast.Pass, ast.Continue)


def check(module: Module) -> Iterator[Spot]:
    """Each clause that catches everything and does not raise it again; `except Exception` only where it does nothing at all."""
    seen: set[int] = set()
    for call in module.called(*ROUND):
        for tried in call.tries if likely_socket(call) else ():
            if id(tried) not in seen:
                seen.add(id(tried))
                yield from _clauses(module, call, tried)


def _clauses(module: Module, call: Call, tried: ast.Try) -> Iterator[Spot]:
    for handler in tried.handlers:
        names = handler_names(module, handler, call.function)
        if any(isinstance(part, ast.Raise) for part in ast.walk(handler)) or _handed_on(handler):
            continue
        if handler.type is None or "BaseException" in names:
            caught = "everything" if handler.type is None else "BaseException"
            text = f"catches {caught}, a task's cancellation among it after a move"
            yield Spot(handler.type or _head(handler), text, call.confidence)
        elif "Exception" in names and all(_says_nothing(line) for line in handler.body):
            yield Spot(handler.type, "passes silently over every error, those of the code among them", call.confidence)


def _handed_on(handler: ast.ExceptHandler) -> bool:
    """Whether the exception is given to somebody: `future.set_exception(error)`."""
    for part in ast.walk(handler):
        if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Attribute) or part.func.attr not in HANDS_ON:
            continue
        if any(isinstance(argument, ast.Name) and argument.id == handler.name for argument in part.args):
            return True
    return False


def _head(handler: ast.ExceptHandler) -> ast.AST:
    """What to underline of `except:`: the word."""
    end = handler.col_offset + len("except")
    return ast.Pass(lineno=handler.lineno, col_offset=handler.col_offset, end_lineno=handler.lineno, end_col_offset=end)


def _says_nothing(line: ast.stmt) -> bool:
    return isinstance(line, SILENT) or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))


RULE = Rule(
    code="IOM205",
    name="bare-except-round-io",
    group=Group.HAZARD,
    summary="an except clause round socket I/O catches everything",
    asyncio="except OSError: what I/O raises. CancelledError passes it, for that is a BaseException",
    trio="except (OSError, trio.BrokenResourceError, trio.ClosedResourceError). Cancelled passes it",
    anyio="except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)",
    by=By.HAND,
    trap="`except:` and `except BaseException` round an await swallow the cancellation: a task that cannot be ended, a "
    "timeout that does not time out; on trio and anyio a program that hangs, for whoever swallows Cancelled is cancelled "
    "again at each await. `except Exception` lets it pass, and still hides every mistake in the code that it surrounds.",
    guide="recipes/cancellation.md",
    case="stop/idle-clients-get-fin",
    example=EXAMPLE,
    check=check,
    needs=ROUND,
)
