"""A scan: which files there are, what each of them gives, and what they give together.

Content decides before anything is parsed. A tree of some size is read by as many processes as there are cores; what was found
in a file is kept (`store.py`) and holds as long as neither the file nor this package changes.
"""

import gc
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Self

from iomodels.migrate.examine import Record, examine
from iomodels.migrate.files import python_files
from iomodels.migrate.finding import Scan, Skipped
from iomodels.migrate.forked import Forked, can_fork
from iomodels.migrate.ignore import Ignore
from iomodels.migrate.link import Tree
from iomodels.migrate.store import Store, key_of

__all__ = ["Readers", "scan"]

Answer = tuple[str, bytes, Record]
Task = tuple[Sequence[str], Mapping[str, tuple[str, ...]]]
Answers = list[tuple[str, bytes, Record | None]]

ALONE = 60  # files that are read sooner by one process than others are started
MOSTLY = 0.9  # of the files are kept
AT_ONCE = 128 * 1024  # bytes of source that a process is given at a time
HELD = 8 * 1024 * 1024  # bytes of source whose trees all processes may hold before they free them: a byte costs some 45


def scan(
    paths: Sequence[str], exclude: Sequence[str] = (), *, store: Store | None = None, jobs: int | None = None
) -> tuple[Scan, dict[str, Sequence[Ignore]]]:
    """Scan files and folders; the result, of all rules, and the comments that may take findings out, by file.

    exclude: as `python_files` takes it. store: where earlier results are, and where these go. jobs: processes; as many as
    there are cores, when None. Raises FileNotFoundError, with one line, for a path that is not there.
    """
    started = time.perf_counter()
    files = python_files(paths, exclude)
    kept = store.read() if store is not None else {}
    if len(kept) >= MOSTLY * len(files):
        jobs = 1  # to read and compare is sooner done by one process than others are started
    tree = Tree(files)
    with Readers(kept, jobs) as readers:
        tree.take(readers.read(files, {}), kept)
        while derived := tree.unlinked():
            tree.take(readers.read(derived, tree.elsewhere), kept)
    if store is not None and tree.by_key.keys() != kept.keys():
        store.write(tree.by_key)
    records = [(path, tree.records[path]) for path in files]
    found = Scan(
        findings=[finding for _, record in records for finding in record.findings],
        units=[unit for _, record in records for unit in record.units],
        skipped=[record.skipped for _, record in records if record.skipped is not None],
        files=len(files),
        lines=sum(record.lines for _, record in records),
        parsed=tree.parsed,
        seconds=time.perf_counter() - started,
    )
    return found, {path: record.ignores for path, record in records if record.ignores}


class Readers:
    """The processes that read files, begun when there are enough of them; until then this one reads.

    kept: what earlier scans found. jobs: processes; as many as there are cores, when None.
    """

    def __init__(self, kept: Mapping[bytes, Record], jobs: int | None) -> None:
        self._kept = kept
        self._jobs = jobs or os.cpu_count() or 1
        self._stack = ExitStack()
        self._processes: Forked[Task, Answers] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, files: Sequence[str], elsewhere: Mapping[str, tuple[str, ...]]) -> Iterator[Answer]:
        """What each file gives, in any order."""
        if self._processes is None and self._jobs > 1 and can_fork() and len(files) >= ALONE:
            _Worker.kept, _Worker.held = self._kept, HELD // self._jobs
            self._processes = self._stack.enter_context(Forked(self._jobs, _Worker.work, _Worker.begin))
        if self._processes is None:
            yield from _examine(files, self._kept, elsewhere)
            return
        for _, answers in self._processes.answers((together, elsewhere) for together in _by_size(files)):
            for path, key, record in answers:
                yield path, key, self._kept[key] if record is None else record


def _by_size(files: Sequence[str]) -> Iterator[list[str]]:
    """The files in groups, the largest first: what is left for the end is small, so that no process ends long after another."""
    together, size = [], 0
    for each, path in sorted(((_size(path), path) for path in files), reverse=True):
        together.append(path)
        size += each
        if size >= AT_ONCE:
            yield together
            together, size = [], 0
    if together:
        yield together


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)  # noqa: PTH202 - as below
    except OSError:  # whoever reads it says so
        return 0


class _Worker:
    """What runs in another process. held: bytes of source whose trees it may keep."""

    kept: Mapping[bytes, Record] = {}
    held = 0
    parsed = 0  # bytes since the last collection

    @staticmethod
    def begin() -> None:
        """Collect garbage now and then, instead of whenever some objects have been made: a tree is nothing but new objects."""
        gc.freeze()
        gc.disable()

    @classmethod
    def work(cls, task: Task) -> Answers:
        """The answers, without the records that the other side has."""
        answers = []
        for path, key, record in _examine(task[0], cls.kept, task[1]):
            known = key in cls.kept
            answers.append((path, key, None if known else record))
            if record.parsed and not known:
                cls.parsed += _size(path)
                if cls.parsed > cls.held:
                    gc.collect()  # trees and what they refer to go round in circles
                    cls.parsed = 0
        return answers


def _examine(files: Iterable[str], kept: Mapping[bytes, Record], elsewhere: Mapping[str, tuple[str, ...]]) -> Iterator[Answer]:
    for path in files:
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs as much as the reading
                data = file.read()
        except OSError as error:
            yield path, b"", Record(0, skipped=Skipped(path, "unreadable", error.strerror or str(error)))
            continue
        key = key_of(path, data, elsewhere)
        yield path, key, kept[key] if key in kept else examine(path, data, elsewhere, always=bool(elsewhere))
