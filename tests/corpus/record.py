"""Write down which cases of the contract the corpus programs pass: `passes/NAME.json`, which their migrated forms are held to.

    python -m tests.corpus.record                      all programs that have no record yet
    python -m tests.corpus.record threads_subclass     these (names or paths), anew

Every case is asked, and those that passed are asked a second time: what passed both times is kept. A program with races, which
passes a case on most days, wants more: `--times 5`. Programs of an `own` protocol have no contract and are left out. A record:

    {"service": "upper", "profile": {"capacity": 1}, "passes": ["half-close/at-once", ...]}

profile: what `iomodels check --profile` was told of the program, as `Program.profile` has it; it holds for the migrated form
as well. Exit status: 0, 1 when a program could not be recorded (it passed nothing, or the check itself failed), 2 for a mistake
in the call.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.corpus.header import CORPUS, HeaderError, Program, parse, programs

__all__ = ["PASSES", "Unrecorded", "main", "passed", "record"]

PASSES = CORPUS / "passes"
PATIENCE = 3.0  # seconds of silence that fail a case: real code fails many, and each is waited for
TIMES = 2


class Unrecorded(Exception):
    """A program whose cases could not be told; the text is the reason, in one line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Record what is asked for, a line each. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.record", description="Record what corpus programs pass.")
    parser.add_argument("program", nargs="*", help="its name or its path; without any: all that have no record yet")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds of silence that fail a case")
    parser.add_argument("--times", type=int, default=TIMES, help="how often a case must pass: more for a program with races")
    options = parser.parse_args(arguments)
    try:
        known = {program.name: program for program in programs()}
        names = [_name(word) for word in options.program]
    except (HeaderError, OSError) as error:
        parser.error(str(error))
    if unknown := [name for name in names if name not in known]:
        parser.error(f"the corpus has no program {unknown[0]!r}")
    chosen = [known[name] for name in names] or [each for each in known.values() if not _record_of(each).exists()]
    good = True
    for program in chosen:
        try:
            said = record(program, options.patience, options.times)
        except Unrecorded as error:
            good, said = False, f"not recorded: {error}"
        print(f"{program.name:32} {said}", flush=True)
    return 0 if good else 1


def record(program: Program, patience: float = PATIENCE, times: int = TIMES) -> str:
    """Write the program's record, and say so in a line. Raises Unrecorded."""
    if program.service == "own":
        return "left out: a protocol of its own"
    if not program.runs_on(sys.version_info[:2]):
        raise Unrecorded(f"this Python, {sys.version.split()[0]}, is too new for it")
    kept = first = passed(program, patience)
    for _ in range(times - 1):
        again = passed(program, patience, kept)
        kept = [case for case in kept if case in again]
    unstable = sorted(set(first) - set(kept))
    content = {"service": program.service, "profile": program.profile, "passes": sorted(kept)}
    PASSES.mkdir(exist_ok=True)
    _record_of(program).write_text(json.dumps(content, indent=2) + "\n")
    return f"{len(kept)} passed {times} times" + (f"; not always: {', '.join(unstable)}" if unstable else "")


def passed(program: Program, patience: float = PATIENCE, only: Sequence[str] = ()) -> list[str]:
    """The ids of the cases, of these or of all, that the program passes. Raises Unrecorded when it passes none."""
    command = [sys.executable, "-m", "iomodels", "check", "--cmd", program.command(sys.executable)]
    command += ["--service", program.service, "--format", "json", "--restart", f"--patience={patience:g}"]
    command += [f"--only={case}" for case in only]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as profile:
        json.dump(program.profile, profile)
        profile.flush()
        done = subprocess.run([*command, f"--profile={profile.name}"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise Unrecorded((done.stderr.strip().splitlines() or ["the check said nothing"])[-1])
    cases = [result["case"] for result in json.loads(done.stdout)["results"] if result["verdict"] == "pass"]
    if not cases:
        raise Unrecorded("it passed nothing")
    return cases


def _record_of(program: Program) -> Path:
    return PASSES / f"{program.name}.json"


def _name(word: str) -> str:
    """A program's name from its name or its path. Raises HeaderError, or OSError when there is no such file."""
    return parse(Path(word)).name if word.endswith(".py") else word


if __name__ == "__main__":
    sys.exit(main())
