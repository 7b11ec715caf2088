"""The lines of the files that findings lie in: shown by reports, and what a baseline knows a finding by."""

import tokenize
from collections.abc import Sequence

from iomodels.migrate.finding import Place

__all__ = ["Sources"]


class Sources:
    """The files' lines, each file read once, when first asked for."""

    def __init__(self) -> None:
        self._lines: dict[str, Sequence[str]] = {}

    def lines(self, path: str) -> Sequence[str]:
        """The lines as Python counts them, without their ends; none, if the file can no longer be read."""
        if path not in self._lines:
            self._lines[path] = _read(path)
        return self._lines[path]

    def line(self, place: Place) -> str:
        """The first line of a place, or "" """
        lines = self.lines(place.path)
        return lines[place.line - 1] if place.line <= len(lines) else ""


def _read(path: str) -> Sequence[str]:
    try:
        with tokenize.open(path) as file:  # by its coding comment, and with one kind of line end
            # Not `splitlines`: a form feed or U+2028 ends no line of Python.
            return file.read().split("\n")
    except (OSError, SyntaxError, UnicodeError):
        return ()
