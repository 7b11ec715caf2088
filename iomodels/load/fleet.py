"""A generator on each worker of a Dask cluster, started together.

First each shard has said that it is connected and warm; then the workers' clocks are read, through the scheduler and back in a
millisecond or so; then each is told a moment on its own clock. How far apart they began is measured.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Self

from iomodels.load.cluster import Ahead, NoCluster, ask, clock_ahead, connected, gather
from iomodels.load.generator import Interrupted, shares
from iomodels.load.outcome import Outcome
from iomodels.load.shard import RESOURCE, TOPIC, shard, tell
from iomodels.load.spec import LoadError, Spec, SpecError

__all__ = ["Fleet", "Shared"]

FREE = 10.0  # seconds that a worker has to begin in: another load may be ending there
CONNECT = 60.0  # seconds to make all connections in; a generator has a shorter patience of its own
SILENCE = 15.0  # seconds beyond those of the load after which a worker that says nothing is lost: its cable may be out
LOOK = 1.0  # seconds between two looks whether the scheduler is there: of its end no event tells
AHEAD = 0.25  # seconds between the telling and the start


@dataclass(frozen=True)
class Shared:
    """What a load came to that was shared out over workers.

    outcome: of those workers that were there to the end. workers: the addresses of all that began. lost: of those that were
    lost on the way, each with what became of it. share: the part of the intended load that the outcome stands for, 1.0 when
    nothing was lost. spread: seconds between the first start and the last, at most. needed: workers that must have been left.
    """

    outcome: Outcome
    workers: tuple[str, ...]
    lost: dict[str, str]
    share: float
    spread: float
    needed: int

    @property
    def enough(self) -> bool:
        """Whether as many workers were left as were needed; if not, the exit status is 1."""
        return len(self.workers) - len(self.lost) >= self.needed

    @property
    def says(self) -> str:
        """One line: `2 of 3 workers, 67 % of the intended load, started within 0.4 ms; lost: tcp://10.0.0.3:4711 (...)`."""
        left = len(self.workers) - len(self.lost)
        lost = ", ".join(f"{address} ({how})" for address, how in self.lost.items())
        return (
            f"{left} of {len(self.workers)} workers, {self.share * 100:.0f} % of the intended load, "
            f"started within {self.spread * 1000:.1f} ms{f'; lost: {lost}' if lost else ''}"
        )

    def dump(self) -> dict[str, Any]:
        """As JSON has it, without the outcome."""
        return {name: value for name, value in vars(self).items() if name != "outcome"}


@dataclass
class Shard:
    """A part of the load, on one worker. said: the last of each word it said, with what came with it; `second` many times.

    lost: what became of the worker, or "".
    """

    task: str
    worker: str
    spec: Spec
    future: Any
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: int = 0
    lost: str = ""


class Fleet:
    """A generator on each worker: what `Generator` is on this machine, with the same methods.

    In the block all of them are connected and warm, and nothing is in flight but in `run`, so that who measures the server can
    read its clocks. Leaving it ends them in any case. min_workers: waited for, a while, at the start, and to be left in the
    end; None: one, and all that began. workers: those to be used, of which one that is not there counts as lost; None: all
    that are there. Everything here raises LoadError; NoCluster, where no load came to be.
    """

    def __init__(self, address: str, spec: Spec, min_workers: int | None = None, workers: Sequence[str] | None = None) -> None:
        self.spec = spec
        self.remarks: list[str] = []  # what there is to know of this load, a line each
        self._address = address
        self._needed = min_workers
        self._workers = workers
        self._shared: Shared | None = None
        self._shards: dict[str, Shard] = {}  # by task
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._held = ExitStack()
        self._start = 0.0  # of the run, by our clock; 0 before it

    def __enter__(self) -> Self:
        with ExitStack() as held:
            self._client = held.enter_context(connected(self._address))
            # Before anybody asks who is there: in between nobody is lost without a word.
            for topic in (TOPIC, "all"):
                self._client.subscribe_topic(topic, lambda event: self._events.put(event[1]))
            there = gather(self._client, self._needed or 1)
            self._begin(self._workers or there, there)
            self._held = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def _begin(self, workers: Sequence[str], there: Sequence[str]) -> None:
        """Connect everywhere."""
        if len(workers) > self.spec.connections:
            raise SpecError(f"{len(workers)} workers cannot share {self.spec.connections} connections")
        run = uuid.uuid4().hex
        for number, (worker, spec) in enumerate(zip(workers, shares(self.spec, len(workers)), strict=True)):
            task = f"iomodels-load-{run}-{number}"
            future = self._client.submit(
                shard,
                task,
                asdict(spec),
                key=task,
                workers=[worker],
                allow_other_workers=False,
                retries=0,
                resources={RESOURCE: 1},
            )
            self._shards[task] = Shard(task, worker, spec, future)
            if worker not in there:
                self._lose(self._shards[task], "was not there")
        for busy in self._hear("begun", FREE):
            raise NoCluster(f"the worker {busy.worker} is busy: it began no load within {FREE:.0f} s")
        for silent in self._hear("ready", CONNECT + self.spec.warm_up):
            self._lose(silent, f"did not connect within {CONNECT:.0f} s")
        for each in self._present():
            self.remarks += [remark for remark in each.said["ready"]["remarks"] if remark not in self.remarks]

    def run(self, seconds: float, tick: Callable[[int], None] = lambda _: None) -> Outcome:
        """Load for so long, all starting together. `tick` is told each second how many requests were answered so far.

        Raises Interrupted on Ctrl-C, a second later, when each worker has said what it has counted; that was the last run then.
        """
        for each in self._shards.values():
            each.said.clear()
            each.seconds = 0
        ahead = self._of_each(lambda each: clock_ahead(self._client, each.worker))
        self._start = start = time.monotonic() + AHEAD
        self._tell(lambda each: {"seconds": seconds, "start": start + ahead[each.task].seconds})
        try:
            silent = self._hear("done", AHEAD + seconds + SILENCE, tick)
        except KeyboardInterrupt:
            self._tell(lambda _: {"stop": True})
            raise Interrupted(self._counted(ahead, self._hear("done", SILENCE))) from None
        return self._counted(ahead, silent)

    def _counted(self, ahead: Mapping[str, Ahead], silent: Sequence[Shard]) -> Outcome:
        """What the run came to, without those that were silent."""
        for each in silent:
            self._lose(each, f"silent for {SILENCE:.0f} s")
        present = self._present()
        starts = [each.said["done"]["began"] - ahead[each.task].seconds for each in present]
        doubt = max(ahead[each.task].doubt for each in present)
        self._shared = Shared(
            outcome=Outcome.merge([Outcome.load(each.said["done"]["outcome"]) for each in present]),
            workers=tuple(each.worker for each in self._shards.values()),
            lost=self.lost,
            share=sum(each.spec.connections for each in present) / self.spec.connections,
            spread=max(starts) - min(starts) + 2 * doubt,
            needed=len(self._shards) if self._needed is None else self._needed,
        )
        return self._shared.outcome

    @property
    def lost(self) -> dict[str, str]:
        """The workers that are lost, each with what became of it."""
        return {each.worker: each.lost for each in self._shards.values() if each.lost}

    @property
    def shared(self) -> Shared | None:
        """What the last run came to, and from whom; None before the first."""
        return self._shared

    def finish(self) -> None:
        """End the connections, and see that no byte came too many."""
        self._tell(lambda _: {"finish": True})
        for silent in self._hear("finished", SILENCE):
            self._lose(silent, f"silent for {SILENCE:.0f} s")

    def _present(self) -> list[Shard]:
        """The shards that are not lost. Raises LoadError when there are none."""
        present = [each for each in self._shards.values() if not each.lost]
        if not present:
            how = ", ".join(f"{each.worker} ({each.lost})" for each in self._shards.values())
            raise LoadError(f"all workers were lost: {how}")
        return present

    def _lose(self, lost: Shard, how: str) -> None:
        """Do without it. Its task must not begin anew, should a worker come back under its address."""
        lost.lost = how
        self._client.cancel([lost.future], force=True)

    def _tell(self, order: Callable[[Shard], dict[str, Any]]) -> None:
        """Give each shard an order."""
        self._of_each(lambda each: ask(self._client, each.worker, tell, each.task, order(each)))

    def _of_each(self, question: Callable[[Shard], Coroutine[Any, Any, Any]]) -> dict[str, Any]:
        """The answers of all shards that are left, by task; who does not answer is lost."""
        present = self._present()

        async def ask_all() -> list[Any]:
            return await asyncio.gather(*map(question, present), return_exceptions=True)

        answers = {}
        for each, answer in zip(present, self._client.sync(ask_all), strict=True):
            if isinstance(answer, Exception):
                self._lose(each, "does not answer")
            else:
                answers[each.task] = answer
        self._present()
        return answers

    def _hear(self, word: str, patience: float, tick: Callable[[int], None] = lambda _: None) -> list[Shard]:
        """Wait until each shard that is left has said `word`; those that have not after so many seconds."""
        end = time.monotonic() + patience
        told = 0
        while missing := [each for each in self._present() if word not in each.said]:
            left = end - time.monotonic()
            if left <= 0:
                return missing
            if self._client.status != "running":
                raise LoadError(f"the Dask scheduler at {self._address} has gone")
            try:
                self._take(self._events.get(timeout=min(left, LOOK)))
            except Empty:
                continue
            if min(each.seconds for each in self._present()) > told:
                told += 1
                tick(sum(each.said["second"]["done"] for each in self._shards.values() if each.seconds))
        return []

    def _take(self, event: Any) -> None:
        """Note what a shard has said, or that the scheduler has lost a worker."""
        match event:
            case {"task": task, "says": word} if task in self._shards:
                each = self._shards[task]
                if word == "failed" and not each.lost:
                    raise LoadError(f"from {each.worker}: {event['reason']}")
                each.said[word] = event
                each.seconds += word == "second"
            case {"action": "remove-worker", "worker": worker}:
                when = f"{time.monotonic() - self._start:.1f} s after the start" if self._start else "before the start"
                for each in self._shards.values():
                    if each.worker == worker and not each.lost:
                        self._lose(each, f"lost {when}")
            case _:
                pass  # other events of this cluster
