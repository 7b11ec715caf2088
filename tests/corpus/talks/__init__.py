"""What the contract does not know: a conversation for each program of an `own` protocol, in a file of the program's name.

A file has `talk(program, python)`: it starts the program with that interpreter, talks to it, and raises AssertionError when it
hears anything but what the original says. A migrated copy is held to the same: `parse` its path, hand over what that returns.
"""

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

from tests.corpus.header import Program

__all__ = ["Talk", "talks"]

Talk = Callable[[Program, str], None]


def talks() -> dict[str, Talk]:
    """Every conversation, by the name of its program."""
    names = [file.name for file in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return {name: importlib.import_module(f"{__name__}.{name}").talk for name in sorted(names)}
