"""Where a recorder writes: a file of events that is complete up to the last `flush`."""

import io
import os
import time
from collections.abc import Sequence
from typing import IO

from iomodels.replay.recording import Kind, encoded, header
from iomodels.replay.redact import Redactor, patterns

__all__ = ["Sink"]

FEW = 16  # pieces that are written as they are; of more, small ones, it is cheaper to make one (and writev(2) has a limit)


class Sink:
    """Writes a recording. Raises RecordingError for a pattern that is none, OSError when the file cannot be written.

    file: opened for bytes, without a buffer. upstream: the server, as HOST:PORT. redact: regular expressions; their matches
    are blotted out (see redact.py), and what may still turn out to be a part of one is written by `close` at the latest.
    max_bytes: when the file would be longer than that, nothing more is written.

    connections, asked, answered: what was noted so far, the bytes as they were, written or not. full: whether max_bytes was
    reached.
    """

    def __init__(self, file: IO[bytes], upstream: str, redact: Sequence[str] = (), max_bytes: int | None = None) -> None:
        self._file = file
        self._is_raw = isinstance(file, io.RawIOBase)
        self._redactor = Redactor(patterns(redact)) if redact else None
        self._left = max_bytes
        self._started: float | None = None
        self._pieces: list[bytes] = []
        self.connections = self.asked = self.answered = 0
        self.full = False
        self._put(header(upstream, redact).encode() + b"\n")

    def note(self, connection: int, kind: Kind, data: bytes = b"") -> None:
        """Note what has just happened."""
        if kind is Kind.ASKED:
            self.asked += len(data)
        elif kind is Kind.ANSWERED:
            self.answered += len(data)
        elif kind is Kind.OPEN:
            self.connections += 1
        if self.full:
            return
        now = time.monotonic()
        if self._started is None:
            self._started = now
        if self._redactor is None:
            self._put(*encoded(now - self._started, connection, kind, data))
        else:
            for noted in self._redactor.add(now - self._started, connection, kind, data):
                self._put(*encoded(*noted))

    def flush(self) -> None:
        """Write what was noted."""
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            gone = os.writev(self._file.fileno(), pieces) if self._is_raw and len(pieces) <= FEW else 0
            if gone < sum(map(len, pieces)):
                rest = memoryview(b"".join(pieces))[gone:]
                while rest:  # a raw file may take a part of it
                    rest = rest[self._file.write(rest) :]

    def close(self) -> None:
        """Write what was held back as well. The file stays open: it is the caller's."""
        if self._redactor is not None:
            for noted in self._redactor.rest():
                self._put(*encoded(*noted))
        self.flush()

    def _put(self, *pieces: bytes) -> None:
        if self._left is not None:
            size = sum(map(len, pieces))
            self.full = self.full or size > self._left
            if self.full:
                return
            self._left -= size
        self._pieces += pieces
