"""os.fork in a program that moves: the library brings hooks of the fork, and what a signal handler raises in one is lost."""

import libcst as cst

from iomodels.migrate.rewrite.edits import Edits
from iomodels.migrate.rewrite.names import Names
from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper
from iomodels.migrate.rewrite.tree import Tree

__all__ = ["hold_signals_in_forks"]

HOOKED = {Target.ASYNCIO, Target.TRIO}  # they import logging, whose hooks lock and unlock (os.register_at_fork); anyio does not
MINDING = {"os.wait", "os.wait3", "os.wait4", "os.waitpid", "os.kill", "os.killpg", "signal.pause"}
FORK = Helper(
    "fork_unsignalled",
    '''
def fork_unsignalled() -> int:
    """os.fork, and no signal in its midst: Python drops what a handler raises in a hook of the fork, and logging has hooks."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        return os.fork()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
''',
    ("os", "signal"),
)


def hold_signals_in_forks(tree: Tree, names: Names, edits: Edits, library: Target) -> None:
    """Let signals wait while a parent that minds its children forks one: SystemExit, or KeyboardInterrupt, would be lost."""
    calls = [(call, names.qualified(call.func)) for call in tree.all(cst.Call)]
    if library not in HOOKED or not any(name in MINDING for _, name in calls):
        return
    for call, name in calls:
        function = tree.function(call)
        if name == "os.fork" and not (isinstance(function, cst.FunctionDef) and function.name.value == FORK.name):
            edits.need(FORK)
            edits.note(
                call, "IOM103", f"signals wait while it forks: what a handler raises in a hook of {library.value}'s is lost"
            )
            edits.edit(call, "fork", lambda _: cst.parse_expression(f"{FORK.name}()"))
