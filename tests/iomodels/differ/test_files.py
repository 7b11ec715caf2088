from pathlib import Path

import pytest

from iomodels.differ.files import Folder, FolderError, snapshot
from iomodels.differ.report import as_text
from tests.iomodels.differ.running import compared, found


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "a").write_bytes(b"1")
    (tmp_path / "gone").write_bytes(b"2")
    (tmp_path / "link").symlink_to("deep/a")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_files_links_and_empty_folders_are_seen(tree: Path) -> None:
    empty = b"(an empty folder)"
    assert snapshot(tree) == {"deep/a": b"1", "deep/er/": empty, "gone": b"2", "link": b"-> deep/a", "empty/": empty}


def test_changes_are_told_and_undone(tree: Path) -> None:
    folder = Folder(tree)
    before = snapshot(tree)
    (tree / "gone").unlink()
    (tree / "deep" / "a").write_bytes(b"other")
    (tree / "new" / "deep").mkdir(parents=True)
    (tree / "new" / "deep" / "b").write_bytes(b"3")
    (tree / "link").unlink()
    assert folder.changes() == {"deep/a": b"other", "gone": None, "link": None, "new/deep/b": b"3"}
    folder.restore()
    assert snapshot(tree) == before
    assert (tree / "link").is_symlink()
    assert folder.changes() == {}
    folder.close()


def test_a_folder_that_must_not_be_put_back_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    for path in (tmp_path, Path("/"), Path.home()):
        with pytest.raises(FolderError, match="put back"):
            Folder(path)
    with pytest.raises(FolderError, match="not a folder"):
        Folder(tmp_path / "none")


def test_what_is_written_to_a_watched_folder_is_compared_and_the_folder_put_back(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"from before\n")
    report = compared("file", folder=str(tmp_path), watch=tmp_path, kinds=["plain"], limits=None)
    assert found(report) == {"file"}, as_text(report)
    assert r"QUIT\r\n" in as_text(report)
    assert snapshot(tmp_path) == {"lines": b"from before\n"}


def test_the_output_of_a_command_is_compared() -> None:
    report = compared("file", folder="{dir}", after="wc -c < {dir}/lines", kinds=["plain"], limits=None)
    assert "after" in found(report)
    assert "what --after prints" in as_text(report)
