"""A tree with everything that a plan may have, its scan, and what `iomodels migrate` would do to it."""

from dataclasses import replace
from pathlib import Path

from iomodels.migrate.finding import Confidence, Finding, Kind, Model, Place, Scan, Skipped, Unit
from iomodels.migrate.moving import Moved
from iomodels.migrate.rewrite import Change, Refusal, Target
from iomodels.migrate.rule import By
from tests.iomodels.migrate.output.making import RULES as FOUR
from tests.iomodels.migrate.output.making import rule, scan

RULES = {
    **FOUR,
    "IOM102": replace(FOUR["IOM102"], case="limits/handler-raises", trap="It has `one` exception & no more."),
    "IOM111": rule("IOM111", "select-loop", By.HAND),
}

THREADS = '''\
"""A server of def and class.

Not code: def accept(self).
"""

import socket


class Server:
    def serve(self):
        while True:
            conn, peer = self.sock.accept()  # </span><script>alert(1)</script>
            Thread(target=self.talk, args=(conn,)).start()

    def talk(self, conn):
        conn.send(b"hello")


def main():
    listener = socket.socket()
    listener.accept()


helper = socket.socket()
'''
LOOP = """\
import select
import time


class Loop:
    def run(self):
        select.select([], [], [])
"""


def tree(folder: Path) -> Scan:
    """The files, written, and what was found in them."""
    (folder / "threads.py").write_text(THREADS)
    (folder / "a b.py").write_text(LOOP)
    (folder / "late.py").write_text("async def late(sock):\n    return sock.recv(1)\n")
    (folder / "forks.py").write_text("import os\n\n\ndef forks():\n    os.fork()\n")
    threads, loop, late, forks = (str(folder / name) for name in ("threads.py", "a b.py", "late.py", "forks.py"))
    every = scan(
        (
            found(loop, 7, "IOM111", unit="Loop"),
            found(forks, 5, "IOM102"),
            found(late, 2, "IOM301"),
            found(threads, 12, "IOM102", unit="Server"),
            found(threads, 16, "IOM201", unit="Server"),
            found(threads, 21, "IOM101"),
            found(threads, 24, "IOM101"),
        ),
        (
            unit(loop, 5, "Loop", Model.SELECT, Kind.SERVER, "it has a `select` of its own"),
            unit(forks, 4, "forks", Model.FORK, Kind.SERVER, stay="do not go async here: it wants a process"),
            unit(threads, 9, "Server", Model.THREADS, Kind.SERVER, "it starts a thread"),
            unit(threads, 19, "main", Model.BLOCKING, Kind.CLIENT),
        ),
        (Skipped("old.py", "python 2", "print is a statement", 3),),
        comments=2,
    )
    return replace(every, files=5)


def found(path: str, line: int, code: str, unit: str = "") -> Finding:
    return Finding(Place(path, line, 1, line, 5), code, f"it has {RULES[code].name}", Confidence.CERTAIN, unit)


def unit(path: str, line: int, name: str, model: Model, kind: Kind, *reasons: str, stay: str = "") -> Unit:
    return Unit(Place(path, line, 1, line, 5), name, kind, model, reasons, stay)


def move(path: str, target: Target) -> Moved:
    """Changes the class and what belongs to nothing, and leaves the function alone; for anyio the class as well."""
    old = Path(path).read_bytes()
    refusal = Refusal(21, "IOM902", "main", "the loop is `odd`", "Move it by hand.", "recipes/accept_loop.md")
    if target is Target.ANYIO:
        return Moved(path, old, old, (), (replace(refusal, line=12), refusal))
    new = old.replace(b"    def serve(", b"    async def serve(")
    changes = Change(12, "IOM102", f"served by {target}"), Change(24, "IOM101", "by the way")
    return Moved(path, old, new, changes, (refusal,))
