"""Which files a scan reads.

Folders are walked as ruff walks them: links to folders are not followed, and the folders of tools are left out, as is a virtual
environment of any name (a folder with a pyvenv.cfg). What is named itself is always taken. Unlike ruff, .gitignore is not read:
use `exclude`.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate

__all__ = ["python_files"]

# ruff's default `exclude` (its 0.17 no longer leaves out `build`), and Python's own.
_TOOLS = """
    .bzr .direnv .eggs .git .git-rewrite .hg .ipynb_checkpoints .mypy_cache .nox .pants.d .pyenv .pytest_cache .pytype
    .ruff_cache .svn .tox .venv .vscode __pypackages__ _build buck-out dist node_modules site-packages venv
    __pycache__
"""
_SKIPPED = frozenset(_TOOLS.split())


def python_files(paths: Sequence[str], exclude: Sequence[str] = ()) -> list[str]:
    """The files named, whatever their suffix, and the *.py and *.pyw in the folders named, each once.

    In the order of `paths`, those of a folder by name. exclude: glob patterns; one without a slash is for the name of a file or
    folder anywhere below, one with a slash for its path from the working directory; `*` matches slashes as well. A folder that
    cannot be listed stands for its files, so that whoever reads it sees the failure. Raises FileNotFoundError, with one line.
    """
    excluded = _matcher(exclude)
    found = dict[str, None]()
    for path in paths:
        path = path.removeprefix(f".{os.sep}") or "."
        if os.path.isdir(path):  # noqa: PTH112 - pathlib costs twice the walk
            found.update(dict.fromkeys(_walk(path, "" if path == "." else path, excluded, named=True)))
        elif os.path.exists(path):  # noqa: PTH110
            found[path] = None
        else:
            raise FileNotFoundError(f"{path}: no such file or folder")
    return list(found)


def _walk(folder: str, prefix: str, excluded: Callable[[str, str], bool], named: bool = False) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    if not named and any(entry.name == "pyvenv.cfg" for entry in listed):
        return
    for entry in listed:
        name = entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if name in _SKIPPED if is_folder else not name.endswith((".py", ".pyw")):
            continue
        path = os.path.join(prefix, name)  # noqa: PTH118
        if excluded(name, path):
            continue
        if is_folder:
            yield from _walk(path, path, excluded)
        elif entry.is_file():
            yield path


def _matcher(patterns: Sequence[str]) -> Callable[[str, str], bool]:
    """Whether a name or its path is excluded."""
    patterns = [pattern.rstrip("/") for pattern in patterns]
    names = _any(pattern for pattern in patterns if "/" not in pattern)
    # `**/` is any number of folders, none as well.
    whole = [os.path.abspath(pattern) for pattern in patterns if "/" in pattern]  # noqa: PTH100
    places = _any(form for pattern in whole for form in (pattern, pattern.replace("**/", "")))
    if not whole:
        return lambda name, _: names(name) is not None
    return lambda name, path: names(name) is not None or places(os.path.abspath(path)) is not None  # noqa: PTH100


def _any(patterns: Iterator[str]) -> Callable[[str], re.Match[str] | None]:
    return re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)").match
