"""Rewriting classic I/O for asyncio, trio or anyio: never wrong, and always says why not.

`rewrite(source, path, target)` gives the new text, the changes, and the refusals. A unit (what is connected: a loop, the
functions that its connections go to, the calls of those) changes altogether or not at all. Text that is not changed stays as
it is, byte for byte.

How a shape is added
--------------------
A file in `shapes/` with a `SHAPE`, and nothing else: see `shapes/accept_thread.py`. A shape has two parts.

1. `recognise(tree, names)` gives a `Plan` for each unit of its kind, or a `Refused` for one that is of its kind and cannot be
   proven, or nothing: a file without the shape must cost nothing and get nothing. Ask `names` what things are, never the text
   of a name: `names.qualified(call.func)` is "socket.socket" however it was imported; `names.variable(node)` is what a name or
   `self.x` is, with `names.loads` and `names.stores` of it; `names.function(node)` is the file's own function.
2. `plan.make(unit)` gives `unit.edits` what is to be changed, or raises `Refused("name in refusals.py", node, "what exactly")`
   anywhere, and then nothing of it is done. In this order, as far as it applies:

   - say what the shape has dealt with itself, by identity: `unit.consumed.add(id(node))`; which functions new code awaits:
     `unit.roots`; what becomes asynchronous as a whole: `unit.region` (a loop that `take_out` takes out); whether clients
     overlap: `unit.concurrent`;
   - `connections.follow(unit, seed)` goes from the name that a connection is stored in to every use of it, through
     assignments, arguments and attributes. It renames (asyncio has a reader and a writer), converts every call, and refuses
     every use that it does not know;
   - `operations.put(unit, call, unit.table.receive, ends)` puts a library's operation in the place of a call; `unit.wait(node)`
     says that a node awaits; `unit.edits.edit(node, kind, function)` is anything else: the function gets the node with its
     children edited already, and gives what takes its place;
   - `conclude(unit)`: functions that await become `async def`, their calls get `await`, calls that may block are refused,
   except
     clauses are widened;
   - `unit.note(node, text)` says what was changed, in a line. At least once: a plan without a note is no change.

   What another exception, more concurrency or a lost option would change has to be refused. When in doubt, refuse.

When two shapes recognise the same unit, what one of them has changed is not refused by the other. A `Plan.node` is a node that
the shape edits, or stands in one that it edits: a refusal there is dropped when another shape has edited it.

What the libraries have for an operation stands in `targets/`, as tables with the same fields; a function that new code calls is
a `Helper` there, and is written into the file once, when it is needed (`unit.edits.need`). Imports come and go by themselves:
an operation names what it needs (`unit.edits.imports`), and an import that nothing uses any more is taken out.

A shape may keep tables and helpers of its own in a file beside it, whose name begins with an underscore.

Tests: `tests/iomodels/migrate/rewrite/inputs/NAME.py`, and `expected/NAME.TARGET.py`, which `update.py` there writes anew;
where a line must be refused it says so: `# refused: IOM903`.
"""

from iomodels.migrate.rewrite.engine import rewrite
from iomodels.migrate.rewrite.refusals import REFUSALS, Reason
from iomodels.migrate.rewrite.result import Change, Refusal, Rewritten, Target

__all__ = ["REFUSALS", "Change", "Reason", "Refusal", "Rewritten", "Target", "rewrite"]
