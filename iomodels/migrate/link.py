"""What the files of a tree know of each other: classes whose base is in another file, which in turn comes from the library."""

from collections.abc import Container, Iterable, Mapping, Sequence

from iomodels.migrate.examine import Derived, Record
from iomodels.migrate.library import CLASSES

__all__ = ["Tree"]

ROUNDS = 4  # files that a class's bases are followed through


class Tree:
    """The records of a scan. elsewhere: the classes that come from the library, and the library's classes above each."""

    def __init__(self, files: Sequence[str]) -> None:
        self.files = files
        self.records: dict[str, Record] = {}
        self.by_key: dict[bytes, Record] = {}
        self.parsed = 0
        self.elsewhere: dict[str, tuple[str, ...]] = {}
        self._rounds = 0

    def take(self, answers: Iterable[tuple[str, bytes, Record]], kept: Container[bytes]) -> None:
        """Take in what files gave; a later record takes the place of an earlier one. kept: what was only looked up."""
        for path, key, record in answers:
            self.parsed += record.parsed and key not in kept and not self._seen(path)
            self.records[path] = record
            self.by_key[key] = record

    def _seen(self, path: str) -> bool:
        return path in self.records and self.records[path].parsed

    def unlinked(self) -> list[str]:
        """The files that have to be read once more, since a base in them is known only now; none when all is said."""
        classes = [derived for record in self.records.values() for derived in record.classes]
        known = dict(_known(classes))
        known |= dict(_exported_again(classes, known))
        fresh = {name: above for name, above in known.items() if self.elsewhere.get(name) != above}
        self._rounds += 1
        if not fresh or self._rounds > ROUNDS:
            return []
        self.elsewhere = known
        return self._those_with(fresh)

    def _those_with(self, fresh: Mapping[str, tuple[str, ...]]) -> list[str]:
        """The files that may build on one of these classes: those that say so, and those that were not parsed and have its
        name.
        """
        found = []
        names = {name.rpartition(".")[2].encode() for name in fresh}
        for path, record in self.records.items():
            if not record.bases.isdisjoint(names) or any(base in fresh for derived in record.classes for base in derived.open):
                found.append(path)
        return found


def _known(classes: Iterable[Derived]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Those that have a class of the library above them that matters."""
    for derived in classes:
        roots = tuple(base for base in derived.library if base in MATTER)
        if roots:
            yield derived.name, roots


def _exported_again(classes: Iterable[Derived], known: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Bases under another name than their own, `app.Base` for `app.net.Base`, where one class of that package alone can be
    meant.
    """
    for base in {base for derived in classes for base in derived.open if base not in known}:
        package, _, last = base.rpartition(".")
        top = package.partition(".")[0]
        meant = [above for name, above in known.items() if name.rpartition(".")[2] == last and name.partition(".")[0] == top]
        if len(meant) == 1:
            yield base, meant[0]


MATTER = CLASSES - {"socket.socket", "threading.Thread"}
