"""What the tests of the toolkit share: servers of somebody's, and the command line in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iomodels.contract.server import Launch

ROOT = Path(__file__).resolve().parents[2]
SERVERS = Path(__file__).resolve().parent / "servers"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it wrote."""

    status: int
    output: str
    errors: str


def command_of(server: str) -> str:
    """The command that starts one of `servers/`, as a user gives it: with `{port}`, and quoted for no shell."""
    return f"{sys.executable} {SERVERS / server}.py {{port}}"


def says_so(server: str) -> Launch:
    """One of `servers/`, on a port of its own choice: it says when it listens, and no client comes before the first case."""
    return Launch([sys.executable, f"{SERVERS / server}.py", "0"])


def environment(**more: str) -> dict[str, str]:
    """This environment, with the checkout on the path and without what would change colours or progress."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def iomodels(*arguments: str, cwd: Path, more: Mapping[str, str] | None = None) -> Ran:
    """Run `iomodels` in a folder."""
    words = [sys.executable, "-m", "iomodels", *arguments]
    ended = subprocess.run(words, cwd=cwd, env=environment(**(more or {})), capture_output=True, text=True, timeout=100)
    return Ran(ended.returncode, ended.stdout, ended.stderr)
