"""Put the corpus programs under the bridges, and hold what comes of it to what the originals pass.

    python -m tests.corpus.bridges                       every program, under all three libraries: a line each
    python -m tests.corpus.bridges threads_function --under trio -j 2
    python -m tests.corpus.bridges --list                model, way, and how many words change, without trying anything
    python -m tests.corpus.bridges select_relay --show   the program under its bridge

What stands in `bridging/table.py` is done to a copy: a program's edits, and `async` and `await` where its way asks for them.
The copy is started, and asked every case of the contract that the original passes (`passes/`), or, for a protocol of its own,
its conversation (`talks/`); what a way is excused from stands in the table, with its reason. Exit status: 1 when something
under a bridge behaves otherwise.
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from iomodels.contract.case import all_cases
from tests.corpus.bridging.table import BRIDGE, BRIDGES, WAYS, Bridge
from tests.corpus.bridging.weaving import begun, placed, woven
from tests.corpus.header import CORPUS, Program, parse, programs
from tests.corpus.moves import differs

__all__ = ["LIBRARIES", "bridged", "changed", "edited", "main", "models", "prelude", "runs_here", "text_under"]

LIBRARIES = {
    "asyncio": ("import asyncio", "def run_awaited(main):", "    return asyncio.run(main())"),
    "trio": ("from trio import run as run_awaited",),
    "anyio": ("from anyio import run as run_awaited",),
}
IMPORTS = {"sleep": "from anyio import sleep", "to_thread": "from anyio.to_thread import run_sync as to_thread"}
OWN = "from awaiting import recv, send, sendall"  # bridging/awaiting.py, which lies beside the copy
HEAD = "# /corpus\n"
GONE = "asynchat", "asyncore", "smtpd"  # since Python 3.12


def models(program: Program) -> set[str]:
    """The models of its units, as its header has them."""
    return {unit.model for unit in program.units}


def changed(program: Program) -> Path:
    """The file of the program that changes."""
    file = BRIDGES[program.name].file
    return program.path.parent / file if file else program.path


def runs_here(program: Program) -> bool:
    """Whether this Python has what it imports: asyncore and asynchat come as packages, too."""
    text = program.path.read_text()
    return all(find_spec(name) for name in GONE if f"import {name}\n" in text)


def prelude(bridge: Bridge, library: str) -> list[str]:
    """The lines that the program gets at its beginning."""
    way = WAYS[bridge.way]
    start = bridge.start or way.start
    named = f"LIBRARY = {library!r}"
    if start == "bare":
        return [named]
    lines = [BRIDGE, *(IMPORTS[name] for name in bridge.names if name in IMPORTS)]
    if way.methods or set(bridge.names) - IMPORTS.keys():
        lines.append(OWN)
    begins = {
        "run": LIBRARIES[library],
        "thread": [f"loop = bridge.in_thread({library!r}).start()"],
        "forks": [named, "with bridge.in_thread(LIBRARY):", "    pass"],
    }
    return [*lines, *begins[start]]


def edited(bridge: Bridge, text: str) -> str:
    """The program with its edits alone. Raises ValueError when what one changes is not there."""
    for old, new in bridge.edits:
        if old not in text:
            raise ValueError(f"nothing in the program reads {old!r}")
        text = text.replace(old, new)
    return text


def text_under(bridge: Bridge, text: str, library: str) -> str:
    """The program's text under its bridge. Raises ValueError when what an edit changes is not there."""
    head, mark, body = text.partition(HEAD) if text.startswith("# corpus\n") else ("", "", text)
    body, way = edited(bridge, body), WAYS[bridge.way]
    if way.begins and "run_awaited" not in body:
        body = begun(body)
    if way.awaited:
        body = woven(body, way.awaited, way.methods)
    return head + mark + placed(body, prelude(bridge, library))


def bridged(program: Program, library: str, folder: Path, bridge: Bridge | None = None) -> Program:
    """A copy of the program in a folder, under its bridge, or under this one. Raises ValueError."""
    bridge = bridge or BRIDGES[program.name]
    home = program.path.parent
    if home == CORPUS:
        changed = entry = Path(shutil.copy(program.path, folder))
    else:
        copy = Path(shutil.copytree(home, folder / home.name, ignore=shutil.ignore_patterns("__pycache__")))
        entry, changed = copy / program.path.name, copy / bridge.file
    shutil.copy(CORPUS / "bridging" / "awaiting.py", folder)
    changed.write_text(text_under(bridge, changed.read_text(), library))
    return parse(entry)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try what is asked for, a line each. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.bridges", description="Put corpus programs under bridges.")
    parser.add_argument("program", nargs="*", help="its name; without any: all")
    parser.add_argument("--under", choices=[*LIBRARIES], action="append", help="this library alone")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="how many at once")
    parser.add_argument("--list", action="store_true", help="say what changes, and try nothing")
    parser.add_argument("--show", action="store_true", help="print the programs, and try nothing")
    options = parser.parse_args(arguments)
    chosen = [each for each in programs() if not options.program or each.name in options.program]
    libraries: list[str] = options.under or [*LIBRARIES]
    if options.list:
        for program in chosen:
            print(_row(program))
        return 0
    pairs = [(program, library) for program in chosen for library in libraries]
    if options.show:
        for program, library in pairs:
            print(text_under(BRIDGES[program.name], changed(program).read_text(), library))
        return 0
    good = True
    with ThreadPoolExecutor(options.jobs) as pool:
        for (program, library), wrong in zip(pairs, pool.map(lambda pair: _tried(*pair), pairs), strict=True):
            good &= not wrong
            print(f"{program.name:24} {library:8} {wrong or 'passes'}", flush=True)
    return 0 if good else 1


def _tried(program: Program, library: str) -> str:
    if not runs_here(program):
        return "this Python does not have what it imports"
    cases = [case.id for case in all_cases() if case.id not in WAYS[BRIDGES[program.name].way].excused]
    with tempfile.TemporaryDirectory() as folder:
        return differs(program, bridged(program, library, Path(folder)), cases)


def _row(program: Program) -> str:
    """Its name, its models, its way, and how much changes, besides its first lines."""
    bridge = BRIDGES[program.name]
    old = changed(program).read_text()
    came = Counter(re.findall(r"\w+", text_under(bridge, old, "trio"))) - Counter(re.findall(r"\w+", old))
    counted = f"{came['async']} async, {came['await']} await, {len(bridge.edits)} edits"
    return f"{program.name:24} {' '.join(sorted(models(program))):32} {bridge.way:14} {counted}; {WAYS[bridge.way].what}"


if __name__ == "__main__":
    sys.exit(main())
