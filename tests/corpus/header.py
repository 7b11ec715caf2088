"""The header of a corpus program: what it is, how it is started, and what a scan must say of it.

A program is a file, or the file of a folder that is started, and begins so, every line a comment:

    # corpus
    #   what: threads server, handler split over methods
    #   service: upper
    #   run: {file} {port}
    #   unit: EchoServer server threads
    #   finds: IOM102 IOM104 IOM105
    # /corpus

`service` is one of the contract's, or `own`: a small protocol that the program's docstring tells. `run` is what follows
`python`: {file} is the program's path, {folder} that of the folder it lies in, {port} the port; words NAME=VALUE before them
go into the environment. `unit`, as often as there are units: the qualified name of a class or function, or "-" for the module;
its kind; its model. Optional beside it: `python: -3.11`, the newest version that runs it; `capacity: 8`, how many clients it
serves at once where that is bounded (a blocking server's is 1 without saying).
"""

import itertools
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CORPUS", "HeaderError", "Program", "Unit", "parse", "programs"]

CORPUS = Path(__file__).parent
FIRST, LAST = "# corpus", "# /corpus"
ONCE = {"what", "service", "run", "python", "capacity", "finds"}
NEEDED = ("what", "service", "run", "finds")


class HeaderError(ValueError):
    """A header that makes no sense; its text is one line: the place and what is wrong."""


@dataclass(frozen=True)
class Unit:
    """What a scan must say of a class, a function or a module. name: qualified, "" for the module; the rest as in `finding`."""

    name: str
    kind: str
    model: str


@dataclass(frozen=True)
class Program:
    """One program of the corpus.

    name: its file's without `.py`, or its folder's. path: the file with the header. python: the newest version that runs it, as
    (3, 11), or None. capacity: how many clients it serves at once, or None. finds: codes of the rules that must be found in it.
    """

    name: str
    path: Path
    what: str
    service: str
    run: str
    units: tuple[Unit, ...]
    finds: tuple[str, ...]
    python: tuple[int, int] | None = None
    capacity: int | None = None

    @property
    def profile(self) -> dict[str, Any]:
        """What the contract must know of it, and of what it is migrated to: see iomodels/contract/profile.py."""
        models = {unit.model for unit in self.units if unit.kind.startswith("server")}
        profile: dict[str, Any] = {}
        if self.capacity is not None or models == {"blocking"}:
            profile["capacity"] = self.capacity or 1
        if models & {"fork", "prefork"}:
            profile["isolation"] = "process"
        return profile

    def runs_on(self, version: tuple[int, int]) -> bool:
        """Whether this version of Python has all that it imports."""
        return self.python is None or version <= self.python

    def command(self, python: str, port: str = "{port}") -> str:
        """A command line that starts it; as it is, `iomodels check --cmd` fills in the port."""
        words = shlex.split(self.run)
        settings = [*itertools.takewhile(lambda word: "=" in word, words)]
        words = [*(["env", *settings] if settings else []), python, *words[len(settings) :]]
        for key, value in {"{file}": str(self.path), "{folder}": str(self.path.parent), "{port}": port}.items():
            words = [word.replace(key, value) for word in words]
        return shlex.join(words)


def parse(path: Path) -> Program:
    """The program whose header stands at the head of this file. Raises HeaderError."""
    lines = path.read_text().splitlines()
    if lines[:1] != [FIRST] or LAST not in lines:
        raise HeaderError(f"{path}:1: a corpus program begins with a comment from `{FIRST}` to `{LAST}`")
    once: dict[str, str] = {}
    units = []
    for number, line in enumerate(lines[1 : lines.index(LAST)], 2):
        key, colon, value = line.removeprefix("#").strip().partition(":")
        value = value.strip()
        if key == "unit" and len(value.split()) >= 3:
            name, *kind, model = value.split()
            units.append(Unit(name.removeprefix("-"), " ".join(kind), model))
        elif key in ONCE - once.keys() and colon and value:
            once[key] = value
        else:
            raise HeaderError(f"{path}:{number}: not a line of a corpus header, or not for the first time: {line}")
    if missing := [key for key in NEEDED if key not in once]:
        raise HeaderError(f"{path}:1: the header lacks {', '.join(missing)}")
    return Program(
        name=path.parent.name if (path.parent / "__init__.py").exists() or path.stem == "__main__" else path.stem,
        path=path,
        what=once["what"],
        service=once["service"],
        run=once["run"],
        units=tuple(units),
        finds=tuple(once["finds"].split()),
        python=_version(path, once.get("python")),
        capacity=_count(path, once.get("capacity")),
    )


def programs(root: Path = CORPUS) -> Iterator[Program]:
    """Every program below this folder, by path. Raises HeaderError."""
    for path in sorted(root.rglob("*.py")):
        with path.open() as file:
            if file.readline().rstrip() == FIRST:
                yield parse(path)


def _version(path: Path, text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    major, dot, minor = text.removeprefix("-").partition(".")
    if not (text.startswith("-") and dot and major.isdecimal() and minor.isdecimal()):
        raise HeaderError(f"{path}: `python` is the newest version, as in -3.11, not {text!r}")
    return int(major), int(minor)


def _count(path: Path, text: str | None) -> int | None:
    if text is not None and not (text.isdecimal() and int(text)):
        raise HeaderError(f"{path}: `capacity` is a number of 1 or more, not {text!r}")
    return None if text is None else int(text)
