"""The guide, built once for all the tests that read it, whichever of pytest-xdist's workers they run on."""

import fcntl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Site:
    """The built guide.

    html: the folder with its pages. status, said: how sphinx-build ended, and its warnings.
    """

    html: Path
    status: int
    said: str

    @property
    def pages(self) -> list[Path]:
        return sorted(path for path in self.html.rglob("*.html") if "_static" not in path.parts)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Site:
    """The guide as `make guide` builds it, from the pages as they are. A page with a warning is built all the same."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent  # one for all workers of a run
    html, said = shared / "guide-html", shared / "guide-said"
    with (shared / "guide-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            words = [
                "--no-color",
                "-W",
                "--keep-going",
                "-q",
                "-b",
                "html",
                "-d",
                str(shared / "guide-doctrees"),
                "guide",
                str(html),
            ]
            ended = subprocess.run(
                [sys.executable, "-m", "sphinx", *words], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
            )
            said.write_text(f"{ended.returncode}\n{ended.stderr}")
        status, _, errors = said.read_text().partition("\n")
    return Site(html, int(status), errors)
