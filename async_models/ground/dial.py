"""What the programs that call a server share on asyncio, trio and anyio, and need none of the three for: how they end.

Their outside is that of `models.ground.dial`: the same options, the same sentences, the same exit statuses. Where tasks fail in
groups (ExceptionGroup), the user is told the first reason.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from models.ground import dial

__all__ = ["fill_standard_descriptors", "one_line"]


def fill_standard_descriptors() -> None:
    """Before a loop begins: one that was closed from the start is /dev/null. libuv ends a process that gives it 0, 1 or 2."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


@contextmanager
def one_line(where: str, plain: Callable[[BaseException], BaseException] = lambda error: error) -> Iterator[None]:
    """As `models.ground.dial.one_line`, for what comes out of a group of tasks.

    plain: what a library's own exception means, in those of Python.
    """
    with dial.one_line(where):
        try:
            yield
        except BaseException as error:
            reason = plain(_first(error))
            if isinstance(reason, TimeoutError) and not reason.args:  # a scope's, which says no more
                reason = TimeoutError("timed out")
            raise reason from None


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        interrupt, _ = error.split(KeyboardInterrupt)
        error = (interrupt or error).exceptions[0]
    return error
