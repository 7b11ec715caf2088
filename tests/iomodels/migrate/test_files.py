import os
from pathlib import Path

import pytest

from iomodels.migrate.files import python_files


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with some of everything."""
    for name in (
        "b.py",
        "a.py",
        "README.md",
        "script",
        "pkg/__init__.py",
        "pkg/gui.pyw",
        "pkg/stub.pyi",
        "pkg/build/made.py",
        "pkg/sub/deep/x.py",
        "pkg.py",
        ".git/hooks/hook.py",
        ".tox/py/x.py",
        "node_modules/gyp/x.py",
        "dist/x.py",
        "pkg/__pycache__/x.py",
        "env/pyvenv.cfg",
        "env/bin/tool.py",
        "env/lib/python3.14/site-packages/six.py",
        "lib/site-packages/six.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


OWN = ["a.py", "b.py", "pkg/__init__.py", "pkg/build/made.py", "pkg/gui.pyw", "pkg/sub/deep/x.py", "pkg.py"]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["."], OWN),
        (["./"], OWN),
        (["pkg"], OWN[2:6]),
        (["./pkg/"], OWN[2:6]),
        (["pkg.py", "pkg/sub", "pkg", "pkg.py"], ["pkg.py", "pkg/sub/deep/x.py", *OWN[2:5]]),
        (["script", "./README.md"], ["script", "README.md"]),
        (["env"], ["env/bin/tool.py"]),
        (["lib/site-packages", "dist/x.py", ".tox"], ["lib/site-packages/six.py", "dist/x.py", ".tox/py/x.py"]),
        ([], []),
    ],
)
def test_folders_give_their_python_files_by_name_and_what_is_named_is_taken(paths: list[str], found: list[str]) -> None:
    assert python_files(paths) == found


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("a.py", {"a.py"}),
        ("?.py", {"a.py", "b.py", "pkg/sub/deep/x.py"}),
        ("sub", {"pkg/sub/deep/x.py"}),
        ("deep/", {"pkg/sub/deep/x.py"}),
        ("pkg", set(OWN[2:6])),
        ("pkg/*.py", {"pkg/__init__.py", "pkg/build/made.py", "pkg/sub/deep/x.py"}),
        ("./pkg/build", {"pkg/build/made.py"}),
        ("build/made.py", set()),
        ("**/made.py", {"pkg/build/made.py"}),
        ("**/a.py", {"a.py"}),
        ("A.py", set()),
    ],
)
def test_exclude_takes_away_by_name_or_by_path(pattern: str, gone: set[str]) -> None:
    assert set(OWN) - set(python_files(["."], [pattern])) == gone
    assert set(python_files(["."], ["none", pattern])) == set(python_files(["."], [pattern]))


def test_a_path_pattern_means_the_same_file_however_the_folder_is_named(tree: Path) -> None:
    assert python_files([str(tree / "pkg")], ["pkg/sub/*", "gui.pyw"]) == [f"{tree}/{name}" for name in OWN[2:4]]
    assert python_files(["pkg"], [f"{tree}/pkg/sub"]) == OWN[2:5]


@pytest.mark.usefixtures("tree")
def test_exclude_is_not_for_what_is_named() -> None:
    assert python_files(["a.py", "pkg/sub"], ["a.py", "sub"]) == ["a.py", "pkg/sub/deep/x.py"]


def test_links_to_files_are_read_and_links_to_folders_are_not(tree: Path) -> None:
    (tree / "pkg/sub/loop").symlink_to(tree / "pkg")
    (tree / "pkg/sub/folder.py").symlink_to(tree / "pkg")
    (tree / "pkg/sub/gone.py").symlink_to(tree / "nowhere")
    (tree / "pkg/sub/link.py").symlink_to(tree / "a.py")
    assert python_files(["pkg/sub"]) == ["pkg/sub/deep/x.py", "pkg/sub/link.py"]
    assert python_files(["pkg/sub/loop"])[0] == "pkg/sub/loop/__init__.py"


def test_only_files_are_files(tree: Path) -> None:
    os.mkfifo(tree / "pkg/pipe.py")
    (tree / "pkg/folder.py").mkdir()
    assert python_files(["pkg"]) == OWN[2:6]


@pytest.mark.usefixtures("tree")
def test_what_is_not_there_is_an_error_in_one_line() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        python_files(["a.py", "gone/x.py"])
    assert str(caught.value) == "gone/x.py: no such file or folder"


@pytest.mark.usefixtures("tree")
def test_a_folder_that_cannot_be_listed_stands_for_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refused(path: str) -> object:
        if path == "pkg/sub":
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert python_files(["pkg"]) == [*OWN[2:5], "pkg/sub"]
