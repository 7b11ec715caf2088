"""A comparison from what a user asks for: the conversations, the two servers, and the report."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iomodels.contract.server import ServerError
from iomodels.differ.conversations import Conversation, load, text_of
from iomodels.differ.files import Folder, FolderError
from iomodels.differ.generated import KINDS, generate, talk_of_service, talks_of
from iomodels.differ.masks import MaskError, Masks
from iomodels.differ.observe import Asked, Subject
from iomodels.differ.played import Pace
from iomodels.differ.report import Report, more
from iomodels.differ.run import Differ, Outcome
from iomodels.differ.shrink import Limits

__all__ = ["Plan", "PlanError", "ask", "save_recordings"]

MOST_TALKS = 3  # clients of one recording from which more is generated


class PlanError(Exception):
    """What was asked for makes no sense; the text is one line."""


@dataclass(frozen=True)
class Plan:
    """What is to be asked; its fields are the options of `iomodels differ`. service: None for what the files say.

    trees: folders of which the old and the new one run in copies, which `{tree}` in their commands stands for; start: where in
    them. order: whether it is compared who of several clients waits for whom. stops: and how
    connections end when the server is stopped.
    """

    old: str
    new: str
    files: Sequence[Path] = ()
    service: str | None = None
    kinds: Sequence[str] = tuple(KINDS)
    rounds: int = 1
    seed: int = 0
    ignore: Sequence[str] = ()
    masks: Sequence[str] = ()
    exit_status: bool = False
    log: bool = False
    watch: Path | None = None
    after: str | None = None
    runs: int = 2
    keep: bool = False
    jobs: int = 4
    limits: Limits | None = field(default_factory=Limits)
    wait: float = 10.0
    pace: Pace = field(default_factory=Pace)
    save: Path | None = None
    trees: tuple[Path, Path] | None = None
    start: Path = Path()
    order: bool = True
    stops: bool = True

    def prepare(self) -> list[Conversation]:
        """The conversations: those of the files, and those that are made of them or for the service. Raises PlanError."""
        recorded = [_loaded(path) for path in self.files]
        talks = [talk_of_service(self.service)] if self.service else []
        for each in recorded:
            if not each.found:  # one that a comparison wrote is played as it is
                talks += list(talks_of(each.conversation))[:MOST_TALKS]
        made = (
            conversation
            for number in range(self.rounds)
            for talk in talks
            for conversation in generate(talk, self.seed + number, self.kinds)
        )
        return [*(each.conversation for each in recorded), *_numbered(made)]


@dataclass(frozen=True)
class _Loaded:
    conversation: Conversation
    found: bool


def _loaded(path: Path) -> _Loaded:
    try:
        conversation = load(path)
    except OSError as error:
        raise PlanError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise PlanError(f"{path}: {error}") from error
    return _Loaded(conversation, conversation.name != path.name)


def _numbered(made: Iterator[Conversation]) -> Iterator[Conversation]:
    """Each conversation once: a kind that chance has no part in is the same in each round."""
    seen = set()
    for conversation in made:
        key = (conversation.name, tuple(conversation.steps))
        if key not in seen:
            seen.add(key)
            yield conversation


def ask(plan: Plan, conversations: Sequence[Conversation], done: Callable[[Outcome], None] = lambda _: None) -> Report:
    """Ask both servers. Raises PlanError, and ServerError when one does not start."""
    if plan.keep and (plan.exit_status or plan.log or plan.watch or "{dir}" in plan.old + plan.new):
        raise PlanError("a server that is kept does not end: no --exit-status, --log, --watch or {dir} with --keep")
    try:
        with contextlib.ExitStack() as stack:
            folder = Folder(plan.watch) if plan.watch is not None else None
            if folder is not None:
                stack.callback(folder.close)
            masks = Masks(plan.ignore, plan.masks)
            asked = Asked(plan.exit_status, plan.log, plan.after, folder, masks, plan.order, plan.stops)
            old, new = (_subject(plan, number, asked) for number in (0, 1))
            differ = Differ(old, new, pace=plan.pace, runs=plan.runs, limits=plan.limits)
            alone = plan.keep or folder is not None or not all("{port}" in command for command in (plan.old, plan.new))
            outcomes = differ.compare_all(conversations, 1 if alone else plan.jobs, done)
    except (FolderError, MaskError) as error:
        raise PlanError(str(error)) from error
    recordings = save_recordings(plan.save, outcomes, plan.old) if plan.save is not None else {}
    return Report(plan.old, plan.new, outcomes, recordings)


def _subject(plan: Plan, number: int, asked: Asked) -> Subject:
    name, command = ("old", "new")[number], (plan.old, plan.new)[number]
    tree = plan.trees[number] if plan.trees is not None else None
    try:
        return Subject(name, command, asked, wait=plan.wait, keep=plan.keep, tree=tree, start=plan.start)
    except ServerError as error:
        raise PlanError(f"--{name}: {error}") from error


def save_recordings(folder: Path, outcomes: Sequence[Outcome], upstream: str) -> dict[int, list[Path]]:
    """Write the recordings that reproduce what differs: by number of an outcome, its files. Raises PlanError."""
    found: dict[int, list[Path]] = {}
    for number, outcome in enumerate(outcomes):
        if outcome.differences:
            name = f"{len(found) + 1:02}-" + re.sub(r"\W+", "-", outcome.conversation.name).strip("-")
            texts = {f"{name}.jsonl": text_of(outcome.shortest, outcome.played.events(), upstream)}
            if more(outcome):
                texts[f"{name}-whole.jsonl"] = text_of(outcome.conversation, outcome.whole.events(), upstream)
            found[number] = [_written(folder / file, text) for file, text in texts.items()]
    return found


def _written(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise PlanError(f"cannot write {path}: {error.strerror}") from error
    return path
