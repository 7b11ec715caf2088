"""What `iomodels migrate` makes of the corpus: what moves behaves as the original did, and what does not move says why.

`python -m tests.corpus.moves` asks every case that the originals pass; here it is a few telling ones. When a rewrite learns
something, `python -m tests.corpus.moves --write` writes down what moves now.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from iomodels.migrate.rewrite import Target
from iomodels.migrate.rule import Group, rule_called
from iomodels.migrate.scan import scan
from tests.corpus.header import programs
from tests.corpus.moves import MOVES, differs, moved, outcome

PROGRAMS = {program.name: program for program in programs()}
EXPECTED: dict[str, dict[str, list[str]]] = json.loads(MOVES.read_text())
PAIRS = [(name, target) for name in PROGRAMS for target in Target]
LISTED = "async_everything_wrong"  # every wrong call once, an accept among them: no server
SERVERS = [
    name
    for name, program in PROGRAMS.items()
    if name != LISTED and any(unit.kind.startswith("server") for unit in program.units)
]
TELLING = (
    "backpressure/never-reads-from-first-byte",
    "half-close/flushes-then-fin",
    "half-close/pieces-and-fin-queued",
    "integrity/pipelined-10000",
    "integrity/two-interleaved",
    "reset/between-messages",
    "segmentation/byte-by-byte",
    "stop/in-mid-reply",
)


def test_the_record_has_every_program() -> None:
    assert EXPECTED.keys() == PROGRAMS.keys()


@pytest.mark.parametrize("target", Target)
def test_three_servers_of_five_move(target: Target) -> None:
    moving = [name for name in SERVERS if "moved" in EXPECTED[name][target]]
    assert len(moving) >= 0.6 * len(SERVERS)


@pytest.mark.parametrize(("name", "target"), PAIRS)
def test_a_program_moves_or_is_refused_as_is_written_down(name: str, target: Target, tmp_path: Path) -> None:
    program = PROGRAMS[name]
    _, done = moved(program, target, tmp_path)
    assert outcome(done) == EXPECTED[name][target]
    for one in done:
        assert one.changed == bool(one.changes)
        for refusal in one.refusals:
            assert refusal.text
            assert refusal.by_hand
            assert refusal.line <= one.old.count(b"\n") + 1
    files = [one.path for one in done if one.changed]
    if files:
        assert lint(files) <= lint([str(program.path)])
        for one in done:
            left = {finding.rule for finding in scan([one.path], jobs=1)[0].findings}
            whole = {change.rule for change in one.changes if rule_called(change.rule).group is Group.SHAPE}
            assert not (left & whole) or one.refusals


@pytest.mark.long
@pytest.mark.parametrize(("name", "target"), [(name, target) for name, target in PAIRS if "moved" in EXPECTED[name][target]])
def test_what_has_moved_passes_what_the_original_passes(name: str, target: Target, tmp_path: Path) -> None:
    program = PROGRAMS[name]
    if not program.runs_on(sys.version_info[:2]):
        pytest.skip("it imports what this Python does not have")
    copy, _ = moved(program, target, tmp_path)
    assert not differs(program, copy, TELLING)


def lint(files: list[str]) -> int:
    """The exit status of ruff, asked for errors and for names that are unknown, or imported for nothing."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--quiet", "--select", "E9,F", "--ignore", "F403,F405,F841"]
    if any("except ImportError" in Path(file).read_text() for file in files):
        command += ["--ignore", "F401"]  # an import that is tried in two ways stays
    return subprocess.run([*command, *files], capture_output=True).returncode
