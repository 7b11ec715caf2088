"""How a block ends: whether what follows it is reached."""

from collections.abc import Sequence

import libcst as cst

from iomodels.migrate.rewrite.names import Names

__all__ = ["EXITS", "RAISING", "exits", "goes_round", "last_of", "leaves"]

RAISING = {"sys.exit", "builtins.exit", "builtins.quit"}  # SystemExit
EXITS = {*RAISING, "os._exit"}


def last_of(block: cst.BaseSuite) -> cst.CSTNode:
    """The last that a block does: a statement, of several in a line the last."""
    last: cst.CSTNode = block.body[-1]
    return last.body[-1] if isinstance(last, cst.SimpleStatementLine) else last


def exits(names: Names, block: cst.BaseSuite) -> bool:
    """Whether a block ends with an exception, of those that end the program too."""
    last = last_of(block)
    call = last.value if isinstance(last, cst.Expr) else None
    return isinstance(last, cst.Raise) or (isinstance(call, cst.Call) and names.qualified(call.func) in EXITS)


def leaves(names: Names, block: cst.BaseSuite) -> bool:
    """Whether a block leaves the function that it stands in."""
    return isinstance(last_of(block), cst.Return) or exits(names, block)


def goes_round(names: Names, handlers: Sequence[cst.ExceptHandler]) -> bool:
    """Whether what follows a `try` is not reached from its clauses: each leaves, or goes on with the next round."""
    return all(leaves(names, each.body) or isinstance(last_of(each.body), cst.Continue) for each in handlers)
