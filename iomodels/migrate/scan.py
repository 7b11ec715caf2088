"""A scan: which files there are, what each of them gives, and what they give together.

Content decides before anything is parsed. A tree of some size is read by as many processes as there are cores; what was found
in a file is kept (`store.py`) and holds as long as neither the file nor this package changes.
"""

import gc
import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from iomodels.migrate.examine import Record, examine
from iomodels.migrate.files import python_files
from iomodels.migrate.finding import Scan, Skipped
from iomodels.migrate.ignore import Ignore
from iomodels.migrate.link import Tree
from iomodels.migrate.store import Store, key_of

__all__ = ["examine_all", "scan"]

Answer = tuple[str, bytes, Record]

ALONE = 60  # files that are read sooner by one process than others are started
MOSTLY = 0.9  # of the files are kept
TOGETHER = 12  # parsed files whose trees are kept until they are freed together
AT_ONCE = 8  # files that a process is given at a time


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
    tree.take(examine_all(files, kept, {}, jobs), kept)
    while derived := tree.unlinked():
        tree.take(examine_all(derived, kept, tree.elsewhere, jobs), kept)
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


def examine_all(
    files: Sequence[str], kept: Mapping[bytes, Record], elsewhere: Mapping[str, tuple[str, ...]], jobs: int | None
) -> Iterator[Answer]:
    """What each file gives, in any order."""
    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(files) < ALONE or "fork" not in multiprocessing.get_all_start_methods():
        yield from _examine(files, kept, elsewhere)
        return
    tasks = [(files[start : start + AT_ONCE], elsewhere) for start in range(0, len(files), AT_ONCE)]
    _Worker.kept = kept  # a forked child has it without being sent it
    with multiprocessing.get_context("fork").Pool(jobs, initializer=_Worker.begin) as pool:
        for answers in pool.imap_unordered(_Worker.work, tasks):
            for path, key, record in answers:
                yield path, key, kept[key] if record is None else record


class _Worker:
    """What runs in another process."""

    kept: Mapping[bytes, Record] = {}
    parsed = 0  # files since the last collection

    @staticmethod
    def begin() -> None:
        """Collect garbage now and then, instead of whenever some objects have been made: a tree is nothing but new objects."""
        gc.freeze()
        gc.disable()

    @classmethod
    def work(cls, task: tuple[Sequence[str], Mapping[str, tuple[str, ...]]]) -> list[tuple[str, bytes, Record | None]]:
        """The answers, without the records that the other side has."""
        answers = []
        for path, key, record in _examine(task[0], cls.kept, task[1]):
            answers.append((path, key, None if key in cls.kept else record))
            cls.parsed += record.parsed and key not in cls.kept
            if cls.parsed > TOGETHER:
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
