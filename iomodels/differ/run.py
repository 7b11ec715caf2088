"""Conversations one after the other, each with the old server, the old one again, and the new one."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from iomodels.differ.conversations import Conversation
from iomodels.differ.noise import Difference, Noise
from iomodels.differ.observe import Aspect, Observation, Subject
from iomodels.differ.played import Pace, Played
from iomodels.differ.shrink import Limits, shrunk

__all__ = ["Differ", "Outcome", "Stopped"]

DOUBT = 2.0  # how many times longer silence lasts when a difference is looked at again


class Stopped(Exception):
    """It was interrupted."""


@dataclass(frozen=True)
class Outcome:
    """What came of one conversation.

    differences: in all of it; none when old and new are alike. shortest: the shortest that shows one of them, and shown: what
    differs in that. unstable: what the
    old server does otherwise each time, with what it did. learned: where single words change. whole, played: the old
    server's part, in all of it and in `shortest`. tries: how many shorter ones were tried.
    """

    conversation: Conversation
    differences: Sequence[Difference]
    shortest: Conversation
    shown: Sequence[Difference]
    unstable: dict[Aspect, list[bytes | None]]
    learned: Sequence[Aspect]
    whole: Played
    played: Played
    tries: int = 0


class Differ:
    """Compares two servers.

    runs: how often the old one is asked, at least once. limits: of the search for a shorter conversation; None for no search.
    """

    def __init__(self, old: Subject, new: Subject, *, pace: Pace, runs: int = 2, limits: Limits | None = None) -> None:
        self._old, self._new, self._pace, self._runs, self._limits = old, new, pace, runs, limits
        self._stopping = threading.Event()

    def compare(self, conversation: Conversation) -> Outcome:
        """What differs in one conversation. Raises ServerError when a server does not start."""
        olds = [self._observe(self._old, conversation, self._pace, None)]
        for _ in range(self._runs - 1):
            olds.append(self._observe(self._old, conversation, self._pace, _fullest(olds)))
        found, noise = self._confirmed(conversation, olds)
        whole = _fullest(olds)
        outcome = Outcome(conversation, found, conversation, found, noise.unstable, tuple(noise.learned), whole, whole)
        if not found or self._limits is None:
            return outcome
        wanted = {each.aspect[0] for each in found}
        runs = 2 if noise.changes else 1
        shortest, tries = shrunk(conversation, lambda shorter: self._shows(shorter, wanted, runs), self._limits)
        if shortest == conversation:
            return replace(outcome, tries=tries)
        olds = [self._observe(self._old, shortest, self._pace, None) for _ in range(2)]
        found, _ = self._confirmed(shortest, olds)
        if not found:  # what was seen twice on the way is not seen any more
            return replace(outcome, tries=tries)
        return replace(outcome, shortest=shortest, shown=found, played=_fullest(olds), tries=tries)

    def compare_all(
        self, conversations: Sequence[Conversation], jobs: int, done: Callable[[Outcome], None] = lambda _: None
    ) -> list[Outcome]:
        """Each conversation's outcome, `jobs` of them at a time. Raises ServerError."""
        if jobs == 1:
            return list(self._one_by_one(conversations, done))
        with ThreadPoolExecutor(jobs) as pool:
            try:
                futures = [pool.submit(self.compare, conversation) for conversation in conversations]
                outcomes = []
                for future in futures:
                    outcomes.append(future.result())
                    done(outcomes[-1])
                return outcomes
            except BaseException:
                self._stopping.set()
                pool.shutdown(wait=False, cancel_futures=True)
                self._old.stop()  # who waits for one of them waits no longer
                self._new.stop()
                raise

    def _one_by_one(self, conversations: Sequence[Conversation], done: Callable[[Outcome], None]) -> Iterator[Outcome]:
        try:
            for conversation in conversations:
                outcome = self.compare(conversation)
                done(outcome)
                yield outcome
        finally:
            self._old.stop()
            self._new.stop()

    def _observe(self, subject: Subject, conversation: Conversation, pace: Pace, expected: Played | None) -> Observation:
        if self._stopping.is_set():
            raise Stopped
        return subject.observe(conversation, pace, expected)

    def _confirmed(self, conversation: Conversation, olds: list[Observation]) -> tuple[list[Difference], Noise]:
        """What differs, and differs again when both are asked again at leisure. `olds` gains what was heard on the way."""
        noise = Noise(olds)
        once = self._observe(self._new, conversation, self._pace, _fullest(olds))
        if not noise.differences(once):
            return [], noise
        pace = replace(self._pace, hush=self._pace.hush * DOUBT, moment=self._pace.moment * DOUBT)
        olds.append(self._observe(self._old, conversation, pace, None))
        olds.append(self._observe(self._old, conversation, pace, _fullest(olds)))
        noise = Noise(olds)
        again = self._observe(self._new, conversation, pace, _fullest(olds))
        return noise.differences(once, again), noise

    def _shows(self, conversation: Conversation, wanted: set[str], runs: int) -> bool:
        """Whether it still shows a difference of the kind."""
        olds = [self._observe(self._old, conversation, self._pace, None) for _ in range(runs)]
        found = Noise(olds).differences(self._observe(self._new, conversation, self._pace, _fullest(olds)))
        return any(each.aspect[0] in wanted for each in found)


def _fullest(olds: Sequence[Observation]) -> Played:
    """The run in which most had been heard at the pauses: who was in a hurry has heard less."""
    return max(
        (each.played for each in olds), key=lambda played: sum(m.count for marks in played.marks for m in marks.values())
    )
