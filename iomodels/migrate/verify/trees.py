"""Copies of the folder that a program needs, so that old and new run side by side and neither touches the user's files."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Origin", "TreeError"]

LEFT_OUT = frozenset({".git", ".hg", ".svn", ".bzr", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
LINKED = frozenset({"node_modules", "site-packages"})  # and virtual environments: only read, and large
MOST = 10_000  # files: they are copied for each conversation
LARGEST = 256 * 2**20  # bytes of them all


class TreeError(Exception):
    """A folder that cannot be copied; the text is one line."""


class Origin:
    """The folder that is copied, and where in it programs start.

    tree: as the user gave it. Without: the working folder where all of `files` lie in it, else the folder that they have in
    common. files: real paths. root: the folder. start: the path below it that programs are started in: the working folder's
    own, if it is in there. Raises TreeError.
    """

    def __init__(self, tree: Path | None, files: Iterable[Path]) -> None:
        self.files = tuple(files)
        here = Path.cwd()
        if tree is not None:
            self.root = tree.resolve()
            if not self.root.is_dir():
                raise TreeError(f"--tree {tree} is not a folder")
        elif all(file.is_relative_to(here) for file in self.files):
            self.root = here
        else:
            self.root = Path(os.path.commonpath([file.parent for file in self.files]))
        for file in self.files:
            if not file.is_relative_to(self.root):
                raise TreeError(f"{file} does not lie in --tree {tree}")
        self.start = here.relative_to(self.root) if here.is_relative_to(self.root) else Path()

    def within(self, file: Path) -> Path:
        """A file's path below the folder."""
        return file.relative_to(self.root)

    @contextmanager
    def copies(self) -> Iterator["Copies"]:
        """The folder as it is now; copies of that are made until the block ends. Raises TreeError."""
        with tempfile.TemporaryDirectory(prefix="iomodels-", ignore_cleanup_errors=True) as name:
            home = Path(name).resolve()
            kept = {above for file in self.files for above in file.parents}
            try:
                _Copy(self.root, home / "was", kept).copy()
            except OSError as error:
                raise TreeError(f"cannot copy {self.root}: {error}") from error
            yield Copies(home, self.root, self.start)


class Copies:
    """Makes copies that last until they are made again. home: the folder that all of them lie in. root, start: see Origin."""

    def __init__(self, home: Path, root: Path, start: Path) -> None:
        self.home, self.root, self.start = home, root, start

    def make(self, name: str, contents: Mapping[Path, bytes]) -> Path:
        """A new copy of that name, with other contents in some files; the copy's folder."""
        place = self.home / name
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.home / "was", place, symlinks=True)
        for path, content in contents.items():
            mode = (place / path).stat().st_mode
            (place / path).unlink()  # it may be read-only
            (place / path).write_bytes(content)
            (place / path).chmod(mode)
        return place


class _Copy:
    """One copy of a tree. kept: folders that are copied whatever they are called."""

    def __init__(self, root: Path, to: Path, kept: set[Path]) -> None:
        self._root, self._to, self._kept = root, to, kept
        self._count = self._size = 0

    def copy(self) -> None:
        self._folder(self._root)

    def _place(self, path: Path) -> Path:
        return self._to / path.relative_to(self._root)

    def _folder(self, folder: Path) -> None:
        self._place(folder).mkdir()
        try:
            entries = sorted(folder.iterdir())
        except PermissionError:  # nor can the program read it
            return
        for path in entries:
            if path.is_symlink():
                self._place(path).symlink_to(self._target(path))
            elif path.is_file():
                self._file(path)
            elif path.is_dir() and self._is_linked(path):
                self._place(path).symlink_to(path)
            elif path.is_dir() and (path.name not in LEFT_OUT or path in self._kept):
                self._folder(path)

    def _target(self, link: Path) -> str:
        """Where a link leads in the copy, and in copies of that: what lies in the tree has its like there."""
        target = link.readlink()
        inside = target.is_absolute() and target.is_relative_to(self._root)
        return os.path.relpath(target, link.parent) if inside else str(target)

    def _is_linked(self, path: Path) -> bool:
        return path not in self._kept and (path.name in LINKED or (path / "pyvenv.cfg").exists())

    def _file(self, path: Path) -> None:
        self._count += 1
        self._size += path.stat().st_size
        if self._count > MOST or self._size > LARGEST:
            raise TreeError(
                f"{self._root} has more than {MOST:,} files, or more than {LARGEST // 2**20} MiB in them: "
                "say with --tree which folder the program needs"
            )
        try:
            shutil.copy2(path, self._place(path))
        except PermissionError:
            return
