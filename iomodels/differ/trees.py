"""A folder that a server runs in a copy of: made anew for each start, and looked through afterwards for what was written."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from iomodels.contract.server import Launch

__all__ = ["changed", "copied", "launch", "without_places"]

CACHES = frozenset({"__pycache__"})  # Python's own: it is no matter what the program does


def launch(command: str, folder: str, tree: Path | None, start: Path) -> Launch:
    """How a server is started. folder: what `{dir}` stands for in its command; tree: what `{tree}` stands for, a copy, and
    start where in that it runs; None for this process's own folder. Raises ServerError for a command that cannot be read."""
    found = Launch.from_text(command)
    names = {"{dir}": folder} | ({"{tree}": str(tree)} if tree is not None else {})
    for name, path in names.items():
        found = replace(found, command=[word.replace(name, path) for word in found.command])
    return replace(found, directory=tree / start if tree is not None else None)


@contextmanager
def copied(tree: Path | None) -> Iterator[Path | None]:
    """A copy, links as links, until the block ends; None of None."""
    if tree is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="iomodels-", ignore_cleanup_errors=True) as home:
        yield Path(shutil.copytree(tree, Path(home).resolve() / "tree", symlinks=True))


def without_places(data: bytes, folder: str, tree: Path | None) -> bytes:
    """The same with `{dir}` and `{tree}` for their names, which are others each time."""
    data = data.replace(os.fsencode(folder), b"{dir}")
    return data if tree is None else data.replace(os.fsencode(tree), b"{tree}")


def changed(tree: Path, now: Path) -> dict[str, bytes | None]:
    """What is otherwise in a copy: each file that is new or has another content, by its path, None for one that is gone; a new
    folder that is empty by its name with `/`. In the order in which they were written."""
    before, after = dict(_entries(tree)), dict(_entries(now))
    found: dict[str, bytes | None] = {name: None for name in before if name not in after}
    names = [name for name in after if _differs(tree / name, now / name, name in before)]
    for name in sorted(names, key=lambda name: (after[name], name)):
        found[name] = _content(now / name)
    return found


def _entries(folder: Path) -> Iterator[tuple[str, int]]:
    """Files, links and empty folders, with the time at which they were written."""
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in CACHES]
        for name in (*files, *(name for name in folders if (Path(root) / name).is_symlink())):
            path = Path(root) / name
            yield str(path.relative_to(folder)), path.lstat().st_mtime_ns
        if not folders and not files and Path(root) != folder:
            yield f"{Path(root).relative_to(folder)}/", 0


def _differs(before: Path, after: Path, was: bool) -> bool:
    if not was:
        return True
    if before.is_symlink() or after.is_symlink() or not after.is_file():
        return _content(before) != _content(after)
    one, other = before.stat(), after.stat()
    if (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns):
        return False
    return _content(before) != _content(after)


def _content(path: Path) -> bytes:
    try:
        if path.is_symlink():
            return b"-> " + os.fsencode(path.readlink())
        if path.is_dir():
            return b""
        return path.read_bytes() if path.is_file() else b"(not a regular file)"
    except OSError as error:  # whose mode forbids it, or that is gone since
        return f"({error.strerror})".encode()
