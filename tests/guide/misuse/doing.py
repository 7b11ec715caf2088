"""Each misuse that the guide's page about bridges names, done: the functions of this folder raise what their names say.

`python -m tests.guide.misuse.doing NAME` does one, and prints the exception: in a process of its own, since some fork.
"""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["ANYWHERE", "MISUSES", "misuse", "only_in_the_child", "the_one"]

ANYWHERE = ("127.0.0.1", 0)
MISUSES: dict[str, Callable[[], Any]] = {}


def misuse(function: Callable[[], Any]) -> Callable[[], Any]:
    """This function is one."""
    MISUSES[function.__name__] = function
    return function


def only_in_the_child() -> None:
    """Fork, and go on in the child alone: the parent ends with it."""
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def the_one(group: BaseExceptionGroup[Any]) -> BaseException:
    """What was raised, of a group of one."""
    (error,) = group.exceptions
    return error


def find() -> None:
    """Import the others of this folder."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        importlib.import_module(f"tests.guide.misuse.{path.stem}")


def main() -> None:
    """Do one."""
    from tests.guide.misuse.doing import MISUSES, find  # not those of __main__

    find()
    try:
        MISUSES[sys.argv[1]]()
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        os._exit(0)  # whatever still runs
    print("nothing was raised")


if __name__ == "__main__":
    main()
