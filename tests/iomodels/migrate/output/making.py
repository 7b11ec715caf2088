"""Rules, findings and a scan to show."""

from collections.abc import Sequence
from pathlib import Path

from iomodels.migrate.finding import Confidence, Finding, Kind, Model, Place, Scan, Skipped, Unit
from iomodels.migrate.rule import By, Group, Rule

SOURCE = """\
class Server:
    def serve(self):
        while True:
            conn, peer = self.sock.accept()
            Thread(target=self.talk, args=(conn,)).start()

\t# 你好
\tname = "你好"; conn.send(name)
"""


def rule(code: str, name: str, by: By = By.MACHINE, group: Group = Group.SHAPE, after: str = "start_server(serve)") -> Rule:
    return Rule(
        code=code,
        name=name,
        group=group,
        summary=f"what {name} is",
        asyncio=after,
        trio="serve_tcp(serve, port)",
        anyio="listener.serve(serve)",
        by=by,
        trap=f"the trap of {name}",
        guide="recipes/threads.md",
        example="",
        check=lambda _: (),
    )


RULES = {
    each.code: each
    for each in (
        rule("IOM101", "accept-loop", By.BOTH),
        rule("IOM102", "accept-thread"),
        rule("IOM201", "unchecked-send", By.HAND, Group.HAZARD, "writer.write(data)\nawait writer.drain()"),
        rule("IOM301", "recv-in-async", By.MACHINE, Group.BLOCKING),
    )
}


def finding(
    path: str | Path, line: int, code: str = "IOM102", *, column: int = 1, end: tuple[int, int] | None = None, unit: str = ""
) -> Finding:
    """A finding of one character, or up to `end`: a line, and a column that is not of it."""
    place = Place(str(path), line, column, *(end or (line, column + 1)))
    return Finding(place, code, f"it has {RULES[code].name}", Confidence.CERTAIN, unit)


def scan(findings: Sequence[Finding] = (), units: Sequence[Unit] = (), skipped: Sequence[Skipped] = (), **ignored: int) -> Scan:
    return Scan(findings, units, skipped, files=3, lines=1200, parsed=2, seconds=0.25, ignored=ignored)


def server(folder: Path) -> Scan:
    """A scan of SOURCE, written there, with everything that a scan may have."""
    path = folder / "server.py"
    path.write_text(SOURCE)
    likely = Finding(Place(str(path), 8, 15, 8, 30), "IOM201", "the count of send is lost", Confidence.LIKELY, "")
    unit = Unit(Place(str(path), 1, 1, 5, 10), "Server", Kind.SERVER, Model.THREADS, ("it starts a thread",), "it computes")
    return scan(
        (
            finding(path, 3, "IOM101", column=9, end=(5, 59), unit="Server"),
            finding(path, 5, column=13, end=(5, 59), unit="Server"),
            likely,
        ),
        (unit, Unit(Place(str(path), 7, 1, 8, 30), "", Kind.CLIENT, Model.BLOCKING)),
        (Skipped("old.py", "python 2", "print is a statement", 3), Skipped("bad.py", "unreadable", "Permission denied")),
        comment=2,
        baseline=0,
    )
