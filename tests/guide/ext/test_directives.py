"""The directives break the build when what they show has gone."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


STEPS_GONE = [
    ("models/select.py", "wait", "select"),
    ("async_models/trio/select.py", "reply", "select"),
    ("async_models/anyio/client_pool.py", "connect", "client_pool"),
]


def checkout(folder: Path) -> Path:
    """What the guide's machinery needs of a checkout, with pages for pairs and one for a recipe."""
    for package in ("models", "async_models", "guide/ext", "guide/static"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    guide = folder / "guide"
    shutil.copy(ROOT / "guide/conf.py", guide)
    (guide / "side_by_side").mkdir()
    (guide / "index.md").write_text(
        "# Guide\n\n[a file](../models/select.py), [a recipe](recipes/nod/before.py)\n\n"
        "```{recipe} nod\n```\n\n```{toctree}\nside_by_side/select\nside_by_side/fork\nside_by_side/client_pool\n```\n"
    )
    (guide / "side_by_side/select.md").write_text("# select\n\n```{pair} select\n```\n")
    (guide / "side_by_side/fork.md").write_text("# fork\n\n```{pair} fork\n```\n")
    (guide / "side_by_side/client_pool.md").write_text("# pool\n\n```{pair} client_pool\n:steps: connect wait close\n```\n")
    (guide / "recipes/nod").mkdir(parents=True)
    for name in ("before", "on_asyncio", "on_trio", "on_anyio"):
        (guide / f"recipes/nod/{name}.py").write_text(f"nod = {name!r}\n")
    return folder


def build(folder: Path, builder: str) -> tuple[int, str]:
    words = [sys.executable, "-m", "sphinx", "--no-color", "-W", "--keep-going", "-q", "-b", builder, "guide", "built"]
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    return ended.returncode, ended.stderr


def test_a_whole_checkout_is_built_and_its_files_are_pages_of_the_site(tmp_path: Path) -> None:
    assert build(checkout(tmp_path), "html") == (0, "")
    index = (tmp_path / "built/index.html").read_text()
    assert 'href="source/models/select.py.html"' in index
    assert index.count('href="source/guide/recipes/nod/before.py.html"') == 2
    assert re.findall(r'data-sync-id="(\w+)"', index) == ["asyncio", "trio", "anyio"]
    assert not list((tmp_path / "built").glob("_downloads/**/*.py"))
    assert 'id="L1"' in (tmp_path / "built/source/guide/recipes/nod/on_trio.py.html").read_text()
    assert 'href="../../side_by_side/select.html"' in (tmp_path / "built/source/models/select.py.html").read_text()


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a checkout in which much has gone."""
    folder = checkout(tmp_path_factory.mktemp("checkout"))
    for file, marker, _ in STEPS_GONE:
        text = (folder / file).read_text()
        (folder / file).write_text(re.sub(rf"^ *# {marker}(:.*)?\n", "", text, flags=re.MULTILINE))
        assert (folder / file).read_text() != text
    (folder / "models/fork.py").unlink()
    (folder / "async_models/asyncio/fork.py").unlink()
    (folder / "guide/recipes/nod/on_trio.py").unlink()
    (folder / "models/blocking.py").unlink()
    page = folder / "guide/index.md"
    page.write_text(page.read_text().replace("../models/select.py", "../models/blocking.py"))
    status, said = build(folder, "dummy")
    assert status == 1
    return said


@pytest.mark.parametrize(("file", "marker", "page"), STEPS_GONE)
def test_a_step_comment_that_is_gone_breaks_the_build(complaints: str, file: str, marker: str, page: str) -> None:
    assert f"guide/side_by_side/{page}.md:3: WARNING: pair {page}: {file} has no comment '# {marker}'\n" in complaints


@pytest.mark.parametrize("name", ["models/fork.py", "async_models/asyncio/fork.py"])
def test_a_model_that_is_gone_breaks_the_build(complaints: str, name: str) -> None:
    said = f"guide/side_by_side/fork.md:3: WARNING: pair fork: {name} cannot be read: No such file or directory\n"
    assert said in complaints


def test_a_recipes_program_that_is_gone_breaks_the_build(complaints: str) -> None:
    assert "guide/index.md:5: WARNING: recipe nod: guide/recipes/nod/on_trio.py does not exist\n" in complaints


def test_a_link_to_a_file_that_is_gone_breaks_the_build(complaints: str) -> None:
    assert "guide/index.md:3: WARNING: 'myst' cross-reference target not found: '../models/blocking.py'" in complaints


def test_nothing_else_is_complained_of(complaints: str) -> None:
    assert complaints.count("WARNING") == len(STEPS_GONE) + 4
