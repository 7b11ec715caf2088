"""The three libraries as tables: the same fields in the same order, so that two of them can be laid side by side.

A text has the connection in it as {reader} and {writer} (trio and anyio have one stream for both), and arguments as {0}, {1}.
"""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from iomodels.migrate.rewrite.result import Target

__all__ = ["Helper", "Op", "Table", "table_for"]


@dataclass(frozen=True)
class Helper:
    """A function that new code may call, and that is written into the file then.

    helpers: others that it calls itself. instead: its name in a file that has a function of its own under the first.
    """

    name: str
    code: str
    imports: tuple[str, ...] = ()
    helpers: tuple["Helper", ...] = ()
    instead: str = ""

    def beside(self, taken: Callable[["Helper"], bool]) -> "Helper":
        """The same in a file that has taken some of the names: it, and those that it calls, under their others there."""
        helpers = tuple(each.beside(taken) for each in self.helpers)
        code = self.code
        for before, after in zip(self.helpers, helpers, strict=True):
            code = before.called_as(after.name, code)
        if not self.instead or not taken(self):
            return replace(self, code=code, helpers=helpers)
        return replace(self, name=self.instead, code=code.replace(f"def {self.name}(", f"def {self.instead}("), helpers=helpers)

    def called_as(self, name: str, code: str) -> str:
        """Code that calls it, and calls it by another name then: the function, no method of its name."""
        return re.sub(rf"(?<![\w.]){self.name}\(", f"{name}(", code)


@dataclass(frozen=True)
class Op:
    """What an operation becomes.

    text: an expression, without `await`. waits: whether it is awaited. before: statements that go before it; where the old
    call was no statement of its own, `value` is used. imports: modules that the text names.
    """

    text: str
    waits: bool = True
    before: tuple[str, ...] = ()
    value: "Op | None" = None
    helper: Helper | None = None
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """What a library has for each blocking operation.

    pair: whether a connection is a reader and a writer. types: their annotations. lost, closed, late: exceptions of its own
    beside the socket's: the peer has gone, it is closed here, the time is over. errno_kept: whether what is raised at a lost
    connection is an OSError.
    """

    library: Target
    pair: bool
    types: tuple[str, ...]
    type_imports: tuple[str, ...]
    receive: Op  # {0}: how many bytes at most
    receive_so_many: Op  # where {0} may be 0 or less
    receive_on: Op  # where the end of input may be received again and again
    receive_within: Op  # {1}: seconds
    receive_or_none: Op  # {1}: seconds, after which its value is None
    send: Op  # {0}: all of it
    send_within: Op  # {1}: seconds
    send_count: Op  # as `send`, and its value is how many bytes
    send_eof: Op
    close: Op
    with_: Op  # the expression after `with`, or `async with` when it waits
    raw: Op  # the socket below, for its options and addresses
    file: Op  # of bytes
    limited_file: Op  # of bytes, {0}: seconds, which each receive has
    text_file: Op  # {0}: its encoding and errors, with a comma before each
    sleep: Op  # {0}: seconds
    accept: Op  # {0}: the listening socket
    accept_within: Op  # {1}: seconds
    accept_in_turn: Op  # {1}: a lock: one task at a time waits for the listening socket
    tasks: Op  # a context manager for the tasks of clients; it waits for them
    daemon_tasks: Op  # one that does not wait
    start: Op  # {0}: the handler, {1}: its arguments, with a comma before each
    start_in_turn: Op  # {2}: a semaphore
    start_worker: Op  # {0}: what serves one client after the other, {1}: its arguments, with a comma before each
    task_name: Op
    semaphore: Op  # {0}: how many at a time
    lock: Op
    queue: Op  # {0}: how many items at most, as queue.Queue's arguments say it
    counted_queue: Op  # one with `task_done`
    run: Op  # {0}: a coroutine function without parameters
    lost: tuple[str, ...]
    closed: tuple[str, ...]
    late: tuple[str, ...]
    goes_on_raising: bool  # whether a lost connection raises at each receive; a socket says end of input the second time


def table_for(target: Target) -> Table:
    """The table of a library."""
    table = importlib.import_module(f"iomodels.migrate.rewrite.targets.{target.value}").TABLE
    assert isinstance(table, Table)
    return table
