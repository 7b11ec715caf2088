"""Source files of Python 3.8 to 3.14, read by whichever Python runs this."""

import ast
import io
import tokenize
import warnings

__all__ = ["Unparsed", "parse"]

# What ast.parse and the codecs raise for one file or another: null bytes are a ValueError, brackets too deep a MemoryError.
_REFUSED = (SyntaxError, ValueError, LookupError, RecursionError, MemoryError)


class Unparsed(Exception):
    """A file that is no Python 3. reason: `python 2` or `broken`; text: what is wrong, in one line; line: from 1, or 0."""

    def __init__(self, reason: str, text: str, line: int = 0) -> None:
        super().__init__(reason, text, line)
        self.reason, self.text, self.line = reason, text, line


def parse(data: bytes, path: str) -> tuple[str, ast.Module]:
    """The text of a file, decoded as PEP 263 says, and its tree. Raises Unparsed.

    Syntax that is newer than the Python that runs this is lowered (see lowering.py) and read once more. As always in `ast`, a
    column counts the bytes of the line in UTF-8, and a line ends with \\n, \\r or both: str.splitlines knows other ends.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data.decode(encoding)
        except _REFUSED as error:
            raise _broken(error) from error
        try:
            return text, ast.parse(text, path)
        except _REFUSED as error:
            return text, _parse_newer(text, path, error)


def _parse_newer(text: str, path: str, error: Exception) -> ast.Module:
    """The tree of a text that the running Python refuses with `error`. Raises Unparsed."""
    # Here, because their patterns take 10 ms to compile, and most trees need none.
    from iomodels.migrate.lowering import lower
    from iomodels.migrate.python2 import catches_into_a_name, python_2
    from iomodels.migrate.restoring import restore

    try:
        lowered = lower(text)
    except _REFUSED:
        raise _broken(error) from error
    try:
        tree = ast.parse(lowered.source, path)
        restore(tree, lowered)
    except _REFUSED as still:
        found = python_2(lowered.code)
        raise (Unparsed("python 2", *found) if found else _broken(still)) from still
    if lowered.handlers and (line := catches_into_a_name(tree)):
        raise Unparsed("python 2", "an except clause that binds with a comma", line) from error
    return tree


def _broken(error: Exception) -> Unparsed:
    if isinstance(error, SyntaxError):
        return Unparsed("broken", error.msg, error.lineno or 0)
    return Unparsed("broken", " ".join(str(error).split()) or "too deeply nested")
