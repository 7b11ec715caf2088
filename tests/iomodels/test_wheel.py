"""What a user installs: one name, with the models inside it, beside packages of the user's own that are called as ours."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from iomodels.catalogue import variants
from tests.iomodels.running import ROOT, Ran, environment


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(folder), str(ROOT)]
    if importlib.util.find_spec("hatchling"):
        words.append("--no-build-isolation")
    ended = subprocess.run(words, capture_output=True, text=True, timeout=110)
    if "No matching distribution found for hatchling" in ended.stdout + ended.stderr:
        pytest.skip("building needs hatchling, and neither is it installed nor can the index be reached")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the wheel is installed."""
    folder = tmp_path_factory.mktemp("installed")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run(words, check=True, capture_output=True, timeout=110)
    return folder


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder with packages called as ours, which end whatever imports them."""
    for name in ("models", "async_models"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the user\\'s own')\n")
    return tmp_path


def run(installed: Path, cwd: Path, *words: str) -> Ran:
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=environment(PYTHONPATH=str(installed)),
        capture_output=True,
        text=True,
        timeout=110,
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)


def test_what_is_no_python_is_in_it_as_well(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"iomodels/bench/ceiling.c", "iomodels/compare/report.html", "iomodels/py.typed"} <= names


def test_it_installs_one_name(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"iomodels"}


def test_every_variant_travels_in_it(installed: Path, foreign: Path) -> None:
    listed = run(installed, foreign, "-m", "iomodels", "list")
    assert [line.split()[0] for line in listed.output.splitlines()] == [variant.name for variant in variants()]


def test_ours_are_not_shadowed_by_the_users(installed: Path, foreign: Path) -> None:
    ended = run(installed, foreign, "-m", "iomodels", "matrix", "--variant", "sockets/blocking", "--only", "flushes-then-fin")
    assert (ended.status, ended.output.splitlines()[-1]) == (0, "1 passed")


def test_the_users_are_not_shadowed_by_ours(installed: Path, foreign: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("models", "async_models"):
        # An editable install of this checkout would put it on the path; a user has none.
        path = f"sys.path = [folder for folder in sys.path if folder != {str(ROOT)!r}]"
        program = f"import sys, iomodels.catalogue as c; c.variants(); {path}; import {name}"
        assert run(installed, foreign, "-c", program).errors == "the user's own\n"
        elsewhere = run(installed, tmp_path_factory.mktemp("empty"), "-c", program)
        assert f"No module named '{name}'" in elsewhere.errors
