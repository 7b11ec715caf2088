"""What earlier scans found, kept by the content of the files, so that a second scan only reads and compares.

One file for each tree that is scanned, below the user's cache folder; it is written anew by each scan, and holds what that
scan saw. A record is looked up by its file's path and content, and the whole store by the version of this package and of
Python.
"""

import hashlib
import os
import pickle
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from iomodels.migrate.examine import Record

__all__ = ["Store", "key_of"]

FORMAT = 2


def key_of(path: str, data: bytes, elsewhere: Mapping[str, tuple[str, ...]]) -> bytes:
    """What a record is looked up by: of the hashes of hashlib the one that costs least, as nobody attacks it."""
    key = hashlib.sha1(path.encode(errors="surrogateescape") + b"\0", usedforsecurity=False)
    key.update(data)
    if elsewhere:
        key.update(repr(sorted(elsewhere.items())).encode())
    return key.digest()


class Store:
    """Where the records of one tree are kept.

    folder: of all stores. paths: what is scanned.
    """

    def __init__(self, folder: Path, paths: Sequence[str]) -> None:
        scanned = "\n".join(os.path.abspath(path) + " " + path for path in paths)  # noqa: PTH100
        name = hashlib.blake2b(scanned.encode(errors="surrogateescape"), digest_size=12).hexdigest()
        self._file = folder / f"scan-{name}.pickle"
        self._version = (FORMAT, sys.version, _version_of_package())

    def read(self) -> dict[bytes, Record]:
        """What is kept; nothing, where it was written by another version, or cannot be read."""
        try:
            with self._file.open("rb") as file:
                version = pickle.load(file)
                return dict(pickle.load(file)) if version == self._version else {}
        except (OSError, EOFError, ValueError, AttributeError, ImportError, IndexError, TypeError, pickle.UnpicklingError):
            return {}

    def write(self, records: Mapping[bytes, Record]) -> None:
        """Keep these, where the folder can be written to; a scan does not fail for its cache."""
        whole = {key: record for key, record in records.items() if key}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            beside = self._file.with_suffix(f".{os.getpid()}")
            with beside.open("wb") as file:
                pickle.dump(self._version, file)
                pickle.dump(whole, file, protocol=pickle.HIGHEST_PROTOCOL)
            beside.replace(self._file)
        except OSError:
            pass


def _version_of_package() -> tuple[tuple[str, int, int], ...]:
    """The files of this package with their times and sizes: an edited rule makes the store worthless."""
    here = os.path.dirname(__file__)  # noqa: PTH120
    found = []
    for folder in (here, os.path.join(here, "rules")):  # noqa: PTH118
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    found.append((entry.name, status.st_mtime_ns, status.st_size))
    return tuple(sorted(found))
