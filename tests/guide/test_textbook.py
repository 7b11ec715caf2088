"""By machine: what the guide shows is what `iomodels migrate` writes, and it answers as the program before."""

import subprocess
import sys
from pathlib import Path

import pytest

from iomodels.contract.case import all_cases
from iomodels.contract.profile import Profile
from iomodels.contract.runner import Target as Server
from iomodels.contract.runner import Verdict
from iomodels.contract.server import Launch
from iomodels.migrate.rewrite import Target
from tests.guide.textbook import becomes, programs

TELLING = ("half-close/at-once", "half-close/flushes-then-fin", "integrity/two-interleaved", "segmentation/byte-by-byte")

each_program = pytest.mark.parametrize("folder", programs(), ids=lambda folder: folder.name)
each_target = pytest.mark.parametrize("target", Target)


@each_program
@each_target
def test_the_guide_shows_what_migrate_writes(folder: Path, target: Target) -> None:
    assert (folder / f"on_{target}.py").read_text() == becomes(folder, target)


@pytest.mark.long
@each_program
@each_target
def test_it_takes_one_command(folder: Path, target: Target, tmp_path: Path) -> None:
    copy = tmp_path / "server.py"
    copy.write_bytes((folder / "before.py").read_bytes())
    command = [sys.executable, "-m", "iomodels", "migrate", str(copy), "--to", target, "--write"]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    assert copy.read_text() == (folder / f"on_{target}.py").read_text()


@each_program
@pytest.mark.parametrize("name", ["before", *(f"on_{target}" for target in Target)])
def test_before_and_after_answer_alike(folder: Path, name: str) -> None:
    launch = Launch([sys.executable, str(folder / f"{name}.py"), "{port}"])
    profile = Profile.from_mapping({"capacity": 1}) if folder.name == "sequential_echo" else Profile()
    cases = [case for case in all_cases() if case.id in TELLING]
    with Server(launch, "upper", profile, wait=10.0, patience=10.0) as server:
        results = [server.run(case) for case in cases]
    assert not [result.text for result in results if result.verdict is Verdict.FAIL]
