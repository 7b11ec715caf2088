"""What `migrate` would change, tried: the old program and the new one are asked the same, and a change is kept only where
nothing differs.

A file's changes are kept or not as a whole. Files are verified by the programs that load them. Where something differs, files
are added one after the other to what is kept, each only when all programs that load it are still alike: what is kept has been
verified together, as it will stand there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iomodels.differ.conversations import Conversation
from iomodels.migrate.moving import Moved
from iomodels.migrate.rewrite import REFUSALS, Refusal
from iomodels.migrate.verify.asking import Comparison, Wanted, compare
from iomodels.migrate.verify.programs import Program, loaded, programs_of, start
from iomodels.migrate.verify.trees import Copies, Origin

__all__ = ["NotStarted", "Verdict", "verify"]

LOOKED = 3  # conversations in which a program loads what it needs
Contents = Mapping[Path, bytes]  # by path below the tree


class NotStarted(Exception):
    """The old program does not start, so there is nothing to compare with; the text is one line."""


@dataclass(frozen=True)
class Verdict:
    """What became of a file. moved: what is left to do about it: nothing, and a refusal, where the change is not kept.
    tried: what it was before. comparisons: those that decided."""

    moved: Moved
    tried: Moved
    comparisons: Sequence[Comparison] = ()

    @property
    def kept(self) -> bool:
        return self.moved.changed


def verify(
    moved: Sequence[Moved],
    wanted: Wanted,
    folders: Mapping[str, Path],
    *,
    safely: Callable[[Moved], Moved] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Verdict]:
    """Try each changed file. folders: for each, by its path, what {folder} stands for. safely: a file that is not kept is moved
    once more by this, and that is tried. tell: is told what goes on.

    Raises NotStarted, Missing, TreeError, PlanError and ServerError, each with one line.
    """
    conversations = wanted.plan.prepare()
    paths = {one.path: Path(one.path).resolve() for one in moved}
    origin = Origin(wanted.tree, paths.values())
    by_path = {origin.within(paths[one.path]): one for one in moved}
    named = [(path, _within(origin.root, folders[one.path])) for path, one in by_path.items()]
    programs = programs_of(wanted.command, named)
    with origin.copies() as copies:
        found = dict(_Trial(copies, wanted, conversations, by_path, programs, tell).verdicts(safely))
    # A file may have been named twice, by a link for one.
    return [_called(found[origin.within(paths[one.path])], one.path) for one in moved]


def _called(verdict: Verdict, path: str) -> Verdict:
    return replace(verdict, moved=replace(verdict.moved, path=path), tried=replace(verdict.tried, path=path))


def _within(root: Path, folder: Path) -> Path:
    """A folder's path below the root; above it there is nothing in the copies."""
    path = folder.resolve()
    return path.relative_to(root) if path.is_relative_to(root) else Path()


class _Trial:
    """Tries changes of files, in all the programs that load them."""

    def __init__(
        self,
        copies: Copies,
        wanted: Wanted,
        conversations: Sequence[Conversation],
        moved: Mapping[Path, Moved],
        programs: Sequence[Program],
        tell: Callable[[str], None],
    ) -> None:
        self._copies, self._wanted, self._conversations, self._moved = copies, wanted, conversations, moved
        self._tell = tell
        self._olds = {path: one.old for path, one in moved.items()}
        self._known: dict[tuple[Program, frozenset[tuple[Path, bytes]]], Comparison] = {}
        self._lame: dict[Program, str] = {}  # those that do not start, and why
        self._loads: dict[Program, frozenset[Path]] = {}
        self._killed: dict[Program, bool] = {}  # whether SIGTERM ends it without its doing
        for program in programs:
            self._look_at(program)
        if not self._loads:
            raise NotStarted(next(iter(self._lame.values())))

    def _look_at(self, program: Program) -> None:
        self._tell(f"starting {program.text}")
        old = self._copies.make("old", self._olds)
        found = start(program, self._copies, old, self._wanted.wait)
        if found.trouble:
            needs = "" if "{port}" in program.command else " (a command without {port} must print `listening on HOST:PORT`)"
            self._lame[program] = f"`{program.text}`, not moved yet, does not start{needs}: {found.trouble}"
        else:
            self._killed[program] = found.killed
            asked = self._conversations[:LOOKED]
            self._loads[program] = loaded(program, self._copies, self._olds, asked, self._wanted.wait)

    def verdicts(self, safely: Callable[[Moved], Moved] | None) -> Iterator[tuple[Path, Verdict]]:
        """What becomes of each file."""
        tried = {path: one for path, one in self._moved.items() if any(path in loads for loads in self._loads.values())}
        kept, why = self._kept({path: one.new for path, one in tried.items()})
        for path in [*why] if safely is not None else ():
            assert safely is not None
            one = safely(tried[path])
            if one.changed and one.new != tried[path].new and self._first({**kept, path: one.new}) is None:
                kept, tried = {**kept, path: one.new}, {**tried, path: one}
                del why[path]
        for path, one in self._moved.items():
            if path in kept:
                yield path, Verdict(tried[path], one, [*self._of(kept, path)])
            elif path in why:
                yield path, Verdict(_refused(one, why[path].reason, why[path].text), one, [why[path]])
            else:
                yield path, Verdict(_refused(one, "not-verified", self._unseen(path)), one)

    def _kept(self, news: Contents) -> tuple[Contents, dict[Path, Comparison]]:
        """All of them, where nothing differs, or those that can be added one after the other; and what speaks against each of
        the others."""
        first = self._first(news)
        if first is None:
            return news, {}
        kept: dict[Path, bytes] = {}
        why: dict[Path, Comparison] = {}
        grows = True
        while grows:
            grows = False
            for path in [path for path in news if path not in kept and len(news) > 1]:
                found = self._first({**kept, path: news[path]})
                if found is None:
                    kept[path] = news[path]
                    why.pop(path, None)
                    grows = True
                else:
                    why[path] = found
        return kept, why if len(news) > 1 else dict.fromkeys(news, first)

    def _first(self, news: Contents) -> Comparison | None:
        """The first program that does otherwise with these files changed; None when none does."""
        return next((found for program in self._loads if not (found := self._compared(program, news)).alike), None)

    def _of(self, news: Contents, path: Path) -> Iterator[Comparison]:
        yield from (self._compared(program, news) for program, loads in self._loads.items() if path in loads)

    def _compared(self, program: Program, news: Contents) -> Comparison:
        changed = frozenset((path, new) for path, new in news.items() if path in self._loads[program])
        key = program, changed
        if not changed:
            return Comparison(program, None, "", "")
        if key not in self._known:
            trees = self._copies.make("old", self._olds), self._copies.make("new", {**self._olds, **news})
            self._known[key] = compare(
                program,
                self._copies,
                trees,
                self._wanted,
                self._conversations,
                self._killed[program],
                lambda what: self._tell(f"{program.text}: {what}"),
            )
        return self._known[key]

    def _unseen(self, path: Path) -> str:
        """Why nothing is known of a file."""
        for program, why in self._lame.items():
            if program.file == path:
                return why
        program = next(iter(self._loads))
        return f"`{program.text}` does not load this file, neither when it starts nor when it is asked"


def _refused(one: Moved, reason: str, text: str) -> Moved:
    """The same without its change, and with the reason."""
    why = REFUSALS[reason]
    line = min((change.line for change in one.changes), default=1)
    refusal = Refusal(line, why.code, "", text, why.by_hand, why.guide)
    return replace(one, new=one.old, changes=(), refusals=tuple(sorted({*one.refusals, refusal})))
