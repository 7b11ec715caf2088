"""Move the corpus programs with `iomodels migrate`, and hold what comes of it to what the originals pass.

    python -m tests.corpus.moves                        every program, to all three libraries: a line each
    python -m tests.corpus.moves select_buffers --to trio
    python -m tests.corpus.moves --write                and write down what moves and what is refused: moves.json

What has been moved is started, and asked every case of the contract that the original passes (`passes/`), or, for a protocol of
its own, its conversation (`talks/`). Exit status: 1 when something that was moved behaves otherwise.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from iomodels.migrate.moving import Moved, move
from iomodels.migrate.rewrite import Target
from tests.corpus.header import CORPUS, Program, parse, programs
from tests.corpus.record import PASSES, Unrecorded, passed
from tests.corpus.talks import talks

__all__ = ["MOVES", "differs", "main", "moved", "outcome"]

MOVES = CORPUS / "moves.json"
PATIENCE = 5.0


def moved(program: Program, target: Target, folder: Path) -> tuple[Program, list[Moved]]:
    """A copy of the program in a folder, moved; and what became of each of its files."""
    home = program.path.parent
    if home == CORPUS:
        files = [Path(shutil.copy(program.path, folder))]
        entry = files[0]
    else:
        copy = Path(shutil.copytree(home, folder / home.name, ignore=shutil.ignore_patterns("__pycache__")))
        files, entry = sorted(copy.rglob("*.py")), copy / program.path.name
    done = [move(str(file), target) for file in files]
    for one in done:
        Path(one.path).write_bytes(one.new)
    return parse(entry), done


def outcome(done: Sequence[Moved]) -> list[str]:
    """`moved`, and the codes of all refusals."""
    changed = ["moved"] if any(one.changed for one in done) else []
    return changed + sorted({refusal.code for one in done for refusal in one.refusals})


def differs(original: Program, copy: Program, cases: Sequence[str] | None = None) -> str:
    """What the moved program does otherwise than the original, in a line; "" for nothing. cases: these alone."""
    if original.service == "own":
        talk = talks().get(original.name)
        if talk is None:
            return ""
        try:
            talk(copy, sys.executable)
        except (AssertionError, OSError) as error:
            return f"its conversation: {type(error).__name__} {error}".splitlines()[0]
        return ""
    wanted = json.loads((PASSES / f"{original.name}.json").read_text())["passes"]
    asked = [case for case in wanted if cases is None or case in cases]
    try:
        failed = set(asked) - set(passed(copy, PATIENCE, asked))
    except Unrecorded as error:
        return str(error)
    return f"fails {', '.join(sorted(failed))}" if failed else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Move what is asked for, a line each. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.moves", description="Move corpus programs and try them.")
    parser.add_argument("program", nargs="*", help="its name; without any: all")
    parser.add_argument("--to", choices=[*Target], action="append", help="this library alone")
    parser.add_argument("--write", action="store_true", help="write moves.json anew, and try nothing")
    options = parser.parse_args(arguments)
    chosen = [each for each in programs() if not options.program or each.name in options.program]
    known: dict[str, dict[str, list[str]]] = json.loads(MOVES.read_text()) if MOVES.exists() else {}
    good = True
    for program in chosen:
        for target in options.to or [*Target]:
            with tempfile.TemporaryDirectory() as folder:
                copy, done = moved(program, Target(target), Path(folder))
                found = known.setdefault(program.name, {})[str(target)] = outcome(done)
                wrong = "" if options.write or "moved" not in found else differs(program, copy)
            good &= not wrong
            print(f"{program.name:24} {target:8} {' '.join(found) or 'nothing'}{': ' + wrong if wrong else ''}", flush=True)
    if options.write:
        MOVES.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
