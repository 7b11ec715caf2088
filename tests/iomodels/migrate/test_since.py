import subprocess
from pathlib import Path

import pytest

from iomodels.migrate.since import changed
from tests.iomodels.migrate.output.making import finding


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One with `a.py`, ten lines, committed; nobody's configuration but its own."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init")
    (folder / "a.py").write_text("".join(f"line {number}\n" for number in range(1, 11)))
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-m", "a commit")


def edit(path: Path, **lines: str) -> None:
    """Replace lines: `_3="x\\ny\\n"`."""
    text = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines.get(f"_{number}", line) for number, line in enumerate(text, 1)))


def touched(path: Path, revision: str = "HEAD", *, until: int = 14, below: Path | None = None) -> list[int]:
    """The lines of a file that have findings left."""
    found = changed(revision, [str(below or path.parent)])
    return [each.place.line for each in found.only([finding(path, line) for line in range(1, until)])]


def test_nothing_changed_leaves_nothing(repository: Path) -> None:
    assert touched(repository / "a.py") == []


def test_lines_that_were_changed_and_added_are_left(repository: Path) -> None:
    edit(repository / "a.py", _3="new\n", _7="line 7\nmore\nand more\n", _9="")
    assert touched(repository / "a.py") == [3, 8, 9]
    git(repository, "add", ".")
    assert touched(repository / "a.py") == [3, 8, 9]
    commit(repository)
    assert touched(repository / "a.py") == []
    assert touched(repository / "a.py", "HEAD~1") == [3, 8, 9]


def test_a_finding_of_several_lines_needs_one_of_them_changed(repository: Path) -> None:
    edit(repository / "a.py", _5="new\n")
    found = changed("HEAD", [str(repository)])
    ends = {
        (first, last): found.only([finding(repository / "a.py", first, end=(last, 1))])
        for first in (4, 5, 6)
        for last in (6, 7)
    }
    assert [each for each, left in ends.items() if left] == [(4, 6), (4, 7), (5, 6), (5, 7)]


def test_a_file_that_git_does_not_know_counts_whole_unless_it_is_ignored(repository: Path) -> None:
    (repository / ".gitignore").write_text("ignored.py\n")
    for name in ("new.py", "ignored.py"):
        (repository / name).write_text("x\n")
    assert touched(repository / "new.py", until=3) == [1, 2]
    assert touched(repository / "ignored.py") == []


def test_lines_that_look_like_a_diff_are_lines(repository: Path) -> None:
    edit(repository / "a.py", _3="++ b/other.py\n", _8="@@ -1 +1 @@\n-- a/b\n")
    assert touched(repository / "a.py") == [3, 8, 9]


@pytest.mark.parametrize(
    "name",
    [
        "with space.py",
        "é.py",
        "é space.py",
        'é".py',
        'quo"te\\.py',
        "tab\t.py",
        "end\t",
        'end"',
        "[a].py",
        "new\nline.py",
        "*.py",
        ":(top)x.py",
    ],
)
def test_every_name_is_found(repository: Path, name: str) -> None:
    path = repository / "sub" / name
    path.parent.mkdir()
    path.write_text("one\ntwo\n")
    commit(repository)
    edit(path, _2="new\n")
    assert touched(path, below=path) == [2]


def test_a_name_that_is_no_utf_8_is_found(repository: Path) -> None:
    path = repository / "bad\udcff.py"
    path.write_text("one\n")
    assert touched(path, until=2) == [1]
    commit(repository)
    edit(path, _1="new\n")
    assert touched(path) == [1]


@pytest.mark.parametrize(
    "setting",
    [
        "color.ui=always",
        "core.quotePath=false",
        "diff.context=9",
        "diff.external=false",
        "diff.interHunkContext=9",
        "diff.mine.textconv=false",
        "diff.mnemonicPrefix=true",
        "diff.noprefix=true",
        "diff.relative=true",
        "diff.renames=false",
    ],
)
def test_the_users_configuration_changes_nothing(repository: Path, setting: str) -> None:
    git(repository, "config", *setting.split("="))
    (repository / ".gitattributes").write_text("*.py diff=mine\n")
    (repository / "é.py").write_text("one\n")
    commit(repository)
    git(repository, "mv", "a.py", "b.py")
    edit(repository / "b.py", _3="new\n", _5="new\n")
    edit(repository / "é.py", _1="new\n")
    assert touched(repository / "b.py") == [3, 5]
    assert touched(repository / "é.py") == [1]


def test_a_hook_of_another_repository_changes_nothing(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(repository / "a.py", _3="new\n")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_WORK_TREE", "elsewhere")
    assert touched(repository / "a.py") == [3]


def test_only_what_lies_below_the_paths_is_compared(repository: Path) -> None:
    (repository / "sub").mkdir()
    edit(repository / "a.py", _3="new\n")
    assert touched(repository / "a.py", below=repository / "sub") == []


def test_a_file_that_moved_has_changed_where_it_was_edited(repository: Path) -> None:
    git(repository, "mv", "a.py", "b.py")
    edit(repository / "b.py", _3="new\n")
    assert touched(repository / "b.py") == [3]


def test_relative_paths_and_several_repositories(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = tmp_path / "second"
    git(tmp_path, "clone", str(repository), str(second))
    edit(repository / "a.py", _3="new\n")
    edit(second / "a.py", _4="new\n")
    monkeypatch.chdir(tmp_path)
    found = changed("HEAD", ["repository", "second/a.py"])
    findings = [finding(f"{folder}/a.py", line) for folder in ("repository", "second") for line in range(1, 11)]
    assert [str(each.place) for each in found.only(findings)] == ["repository/a.py:3:1", "second/a.py:4:1"]


@pytest.mark.parametrize("revision", ["nothing", "--output=x", "--since=yesterday", "", "HEAD:a.py"])
def test_an_unknown_revision_is_refused(repository: Path, revision: str) -> None:
    with pytest.raises(LookupError, match=f"^{repository} has no revision '{revision}'$"):
        changed(revision, [str(repository)])


def test_a_path_outside_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=f"^{tmp_path} lies in no work tree of git \\(fatal: not a git repository[^\n]*$"):
        changed("HEAD", [str(tmp_path)])


def test_without_git_it_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LookupError, match=r"^there is no git here, which knows what changed$"):
        changed("HEAD", [str(repository)])
