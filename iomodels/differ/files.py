"""Files under a folder: what is in them, and putting them back as they were."""

import os
import re
import shutil
import tempfile
from pathlib import Path

__all__ = ["Folder", "FolderError", "snapshot"]

MOST = 10_000  # files
EMPTY = b"(an empty folder)"
LARGEST = 256 * 1024 * 1024  # bytes of them all: they are held in memory


class FolderError(Exception):
    """A folder that is not watched; the text is one line that says why."""


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file by its path within the folder, and its content; of a link where it leads; of an empty folder its name with
    `/`, and that it is one. Those that were written first stand in front. Raises FolderError."""
    found: dict[str, bytes] = {}
    written: dict[str, int] = {}
    size = 0
    for root, folders, files in os.walk(folder):
        for name in (*files, *(name for name in folders if (Path(root) / name).is_symlink())):
            path = Path(root) / name
            key = str(path.relative_to(folder))
            try:
                written[key] = path.lstat().st_mtime_ns
                if path.is_symlink():
                    content = b"-> " + os.fsencode(path.readlink())
                elif path.is_file():
                    content = path.read_bytes()
                else:
                    content = b"(not a regular file)"
            except FileNotFoundError:
                continue  # gone meanwhile
            except OSError as error:
                raise FolderError(f"cannot read {path}: {error.strerror}") from error
            size += len(content)
            found[key] = content
            if len(found) > MOST or size > LARGEST:
                raise FolderError(f"{folder} has more than {MOST:,} files, or more than {LARGEST // 2**20} MiB in them")
        if not folders and not files and Path(root) != folder:
            found[f"{Path(root).relative_to(folder)}/"] = EMPTY
    return {name: found[name] for name in sorted(found, key=lambda name: (written.get(name, 0), _counted(name)))}


def _counted(name: str) -> list[tuple[int, str]]:
    """To sort by: `Q10` comes behind `Q9`. A clock of the file system may be too coarse to tell."""
    return [(int(digits or 0), text) for text, digits in re.findall(r"(\D*)(\d*)", name)]


class Folder:
    """A folder that servers write to, and that is put back after each as it was found.

    Raises FolderError for one that nobody would want to have put back: the root, a home, or one that holds where we are.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        if not self.path.is_dir():
            raise FolderError(f"{path} is not a folder")
        if self.path in (Path.home(), Path("/")) or Path.cwd().is_relative_to(self.path):
            raise FolderError(f"{path} is put back after each run as it was: give a folder that only the server writes to")
        self._before = snapshot(self.path)
        self._copies = tempfile.TemporaryDirectory()
        self._copy = Path(self._copies.name) / "copy"
        shutil.copytree(self.path, self._copy, symlinks=True)

    def changes(self) -> dict[str, bytes | None]:
        """What is otherwise than it was found: the content of each file that is, None where it is no more."""
        now = snapshot(self.path)
        return {name: now.get(name) for name in {**now, **self._before} if now.get(name) != self._before.get(name)}

    def restore(self) -> None:
        """Put it back."""
        if self.changes():
            for path in self.path.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            shutil.copytree(self._copy, self.path, symlinks=True, dirs_exist_ok=True)

    def close(self) -> None:
        """Forget how it was."""
        self._copies.cleanup()
