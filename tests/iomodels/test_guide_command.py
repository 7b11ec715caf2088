import subprocess
import sys
from pathlib import Path

import pytest

from tests.iomodels.running import Ran, environment

# The command line, in a checkout of its own.
PROGRAM = """\
import sys, webbrowser
from pathlib import Path
from iomodels import catalogue
from iomodels.cli import main
catalogue.root = lambda: Path(sys.argv[1])
webbrowser.open = lambda url: print("opened", url) or {found}
sys.exit(main(sys.argv[2:]))
"""


def run(checkout: Path, *options: str, found: bool = True) -> Ran:
    words = [sys.executable, "-c", PROGRAM.format(found=found), str(checkout), "guide", *options]
    ended = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=20, check=False)
    return Ran(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The guide's first page, built."""
    built = tmp_path / "guide" / "_build" / "html" / "index.html"
    built.parent.mkdir(parents=True)
    built.write_text("<title>The guide</title>")
    return built


def test_it_opens_the_built_guide(page: Path, tmp_path: Path) -> None:
    assert run(tmp_path) == Ran(0, f"opened {page.as_uri()}\n", "")


def test_path_prints_where_it_is_and_opens_nothing(page: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "--path") == Ran(0, f"{page}\n", "")


@pytest.mark.parametrize("options", [[], ["--path"]])
def test_where_it_is_not_built_one_line_says_how(tmp_path: Path, options: list[str]) -> None:
    said = "iomodels: the guide has not been built; in a checkout, `make guide` does so\n"
    assert run(tmp_path, *options) == Ran(3, "", said)


def test_without_a_browser_it_says_where_the_guide_is(page: Path, tmp_path: Path) -> None:
    ended = run(tmp_path, found=False)
    assert (ended.status, ended.errors) == (3, f"iomodels: there is no browser to open it with; it is {page}\n")
