"""The programs that a moved file is part of: how they are started, whether they start, and which moved files they load."""

import re
import shlex
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iomodels.contract.server import ServerError
from iomodels.differ.conversations import Conversation, Script
from iomodels.differ.observe import Asked, Subject
from iomodels.differ.played import Pace
from iomodels.migrate.verify.trees import Copies
from iomodels.replay.recording import Kind

__all__ = ["Program", "Start", "loaded", "programs_of", "start"]

COPY = re.compile(
    rf"{re.escape(str(Path(tempfile.gettempdir()).resolve()))}/iomodels-\w+/tree/"
)  # where it ran, to be left out
HELLO = Script().do(1, Kind.OPEN).pause().do(1, Kind.CLOSE).named("hello")
# A module that leaves a mark, and is then what it was: its own name, file and future statements are those of the text.
MARKED = '__import__("pathlib").Path({mark!r}).touch()\nexec(compile({text!r}, __file__, "exec", dont_inherit=True))\n'


@dataclass(frozen=True)
class Program:
    """command: as the user wrote it, with {file} and {folder}. file, folder: what these stand for, as paths in the tree."""

    command: str
    file: Path
    folder: Path

    @property
    def within(self) -> str:
        """The command that starts it from a copy of the tree, which is {tree}."""
        places = {"{file}": str(Path("{tree}", self.file)), "{folder}": str(Path("{tree}", self.folder))}
        words = shlex.split(self.command)
        for name, path in places.items():
            words = [word.replace(name, path) for word in words]
        return shlex.join(words)

    @property
    def text(self) -> str:
        """The command, for people."""
        return self.command.replace("{file}", str(self.file)).replace("{folder}", str(self.folder))


def programs_of(command: str, files: Iterable[tuple[Path, Path]]) -> list[Program]:
    """A program for each file that the command names, for each folder, or one for all. files: each with its {folder}.

    Raises ServerError for a command that cannot be read.
    """
    try:
        empty = not shlex.split(command)
    except ValueError as error:
        raise ServerError(f"cannot read the command {command!r}: {error}") from error
    if empty:
        raise ServerError("the command is empty")
    found: dict[tuple[Path | None, Path | None], Program] = {}
    for file, folder in files:
        key = file if "{file}" in command else None, folder if "{folder}" in command else None
        found.setdefault(key, Program(command, file, folder))
    return [*found.values()]


@dataclass(frozen=True)
class Start:
    """trouble: why it does not start, in one line; "" when it does. killed: whether SIGTERM ends it without its doing."""

    trouble: str = ""
    killed: bool = False


def start(program: Program, copies: Copies, tree: Path, wait: float) -> Start:
    """Start it from a copy of this tree, and end it."""
    try:
        seen = _subject(program, copies, tree, wait).observe(HELLO, Pace())
    except ServerError as error:
        return Start(COPY.sub("", " ".join(str(error).split())))
    return Start(killed=seen.aspects["exit",] == b"killed by SIGTERM")


def loaded(
    program: Program, copies: Copies, olds: Mapping[Path, bytes], conversations: Sequence[Conversation], wait: float
) -> frozenset[Path]:
    """Which of the files, with their old contents, it loads when it is started and asked some."""
    marks = {path: copies.home / f"mark-{number}" for number, path in enumerate(olds)}
    for mark in marks.values():
        mark.unlink(missing_ok=True)
    texts = {path: MARKED.format(mark=str(marks[path]), text=olds[path]).encode() for path in olds}
    subject = _subject(program, copies, copies.make("see", texts), wait)
    try:
        for conversation in conversations:
            subject.observe(conversation, Pace())
    except ServerError:  # what it has loaded by then is known
        pass
    return frozenset(path for path, mark in marks.items() if mark.exists())


def _subject(program: Program, copies: Copies, tree: Path, wait: float) -> Subject:
    return Subject("old", program.within, Asked(exit_status=True), wait=wait, tree=tree, start=copies.start)
