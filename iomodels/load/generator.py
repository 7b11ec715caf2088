"""A load in processes of its own, on cores of its own: who measures the server reads clocks when nothing is in flight."""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import iomodels
from iomodels.bench.cores import on_core
from iomodels.load.outcome import Outcome
from iomodels.load.spec import LimitError, LoadError, Spec, SpecError

__all__ = ["Generator", "Interrupted", "Standby", "shares"]

WAIT = 60.0  # seconds that a process has for an answer beyond those it counts in; it has a shorter patience of its own
EACH = 0.1  # seconds more for each connection that it makes: a fork on a busy machine takes as long
ROOT = Path(iomodels.__file__).parents[1]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C came while requests were counted; `outcome` is what was counted until then."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def shares(spec: Spec, processes: int) -> list[Spec]:
    """`spec` for so many processes: together they are as many connections and as high a rate. Raises SpecError."""

    def share(whole: int, number: int) -> int:
        return whole // processes + (number < whole % processes)

    if not 1 <= processes <= spec.connections:
        raise SpecError(f"{processes} processes cannot share {spec.connections} connections")
    return [
        replace(
            spec,
            connections=share(spec.connections, number),
            rate=None if spec.rate is None else spec.rate * share(spec.connections, number) / spec.connections,
            idle=share(spec.idle, number),
            slow_readers=share(spec.slow_readers, number),
            slow_writers=share(spec.slow_writers, number),
            seed=spec.seed + number,
        )
        for number in range(processes)
    ]


class Generator:
    """The load that `spec` says, from so many processes. In the block all is connected and warm, and nothing is in flight but
    in `run`. Whatever happens there, the processes are ended with it.

    core: the one that they run on, or one for each, in turn; None: any.
    remarks: what there is to know of this load, a line each. Everything here raises LoadError, about the first process that has
    something to say against the server.
    """

    def __init__(
        self,
        spec: Spec,
        core: int | Sequence[int] | None = None,
        processes: int = 1,
        start: "Callable[[int | None], _Program] | None" = None,
    ) -> None:
        self.spec = spec
        self.remarks: list[str] = []
        self._specs = shares(spec, processes)
        self._cores = [core] if isinstance(core, int) else list(core or ())
        self._start = start or _Program  # of a Standby: what it has started already
        self._programs: list[_Program] = []

    def __enter__(self) -> Self:
        try:
            for number, spec in enumerate(self._specs):
                self._programs.append(self._start(self._cores[number % len(self._cores)] if self._cores else None))
                self._programs[-1].tell(asdict(spec))
            for remarks in self._answers("ready", WAIT + EACH * self.spec.sockets + self.spec.warm_up):
                self.remarks += [remark for remark in remarks if remark not in self.remarks]
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def run(self, seconds: float, tick: Callable[[int], None] = lambda _: None) -> Outcome:
        """Load for so long. `tick` is told each second how many requests were answered so far. Raises Interrupted on Ctrl-C."""
        for program in self._programs:
            program.tell({"run": seconds})
        try:
            answers = self._answers("outcome", WAIT + seconds, tick)
        except KeyboardInterrupt:
            for program in self._programs:
                program.process.send_signal(signal.SIGINT)
            answers = self._answers("outcome", WAIT)
            raise Interrupted(Outcome.merge([Outcome.load(answer) for answer in answers])) from None
        return Outcome.merge([Outcome.load(answer) for answer in answers])

    def finish(self) -> None:
        """End the connections, and see that no byte came too many."""
        for program in self._programs:
            program.tell({"finish": True})
        self._answers("sound", WAIT)

    def end(self) -> None:
        """End the processes, whatever they do."""
        for program in self._programs:
            program.end()

    def _answers(self, name: str, patience: float, tick: Callable[[int], None] = lambda _: None) -> list[Any]:
        """What each program answers under `name`; before that its seconds, of which `tick` is told when all have said one."""
        told = 0
        with selectors.DefaultSelector() as selector:
            for program in self._programs:
                selector.register(program.output, selectors.EVENT_READ, program)
            while not all(program.answered(name) for program in self._programs):
                ready = selector.select(patience)
                if not ready:
                    raise LoadError(f"the load said nothing for {patience:.0f} s")
                for key, _ in ready:
                    key.data.listen()
                while all(len(program.seconds) > told for program in self._programs):
                    tick(sum(program.seconds[told] for program in self._programs))
                    told += 1
        return [program.answer() for program in self._programs]


class Standby:
    """Generators on `core`, for one measurement after another; a call makes one. What is ready and was not used is ended with
    the block.
    """

    def __init__(self, core: int) -> None:
        self._core = core
        self._ready: _Program | None = None

    def prepare(self) -> None:
        """Begin to start the next one's process: it takes as long as a server's, so let both start at once."""
        self._ready = self._ready or _Program(self._core)

    def __call__(self, spec: Spec) -> Generator:
        return Generator(spec, self._core, start=self._take)

    def _take(self, core: int | None) -> "_Program":
        taken, self._ready = self._ready, None
        return taken or _Program(core)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ready is not None:
            self._ready.end()


class _Program:
    """One process of the load, and what it has said."""

    def __init__(self, core: int | None) -> None:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        with nullcontext() if core is None else on_core(core):
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "iomodels.load.program"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                start_new_session=True,  # Ctrl-C is ours alone
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._input, self.output = self.process.stdin, self.process.stdout
        self.seconds: list[int] = []
        self._said = b""  # a line that has not come whole
        self._answer: dict[str, Any] | None = None

    def tell(self, order: dict[str, object]) -> None:
        """Give it an order."""
        self.seconds, self._answer = [], None
        with suppress(BrokenPipeError):  # it has ended; the answer that is not there says so
            self._input.write(json.dumps(order).encode() + b"\n")
            self._input.flush()

    def listen(self) -> None:
        """Take what it says. Raises LoadError where that is no good."""
        data = os.read(self.output.fileno(), 1 << 20)
        if not data:
            raise LoadError("the load ended without an answer")
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            answer: dict[str, Any] = json.loads(line)
            if "wrong" in answer:
                raise (LimitError if answer["kind"] == "LimitError" else LoadError)(answer["wrong"])
            if "second" in answer:
                self.seconds.append(answer["second"])
            else:
                self._answer = answer

    def answered(self, name: str) -> bool:
        """Whether it has answered."""
        return self._answer is not None and name in self._answer

    def answer(self) -> Any:
        """Its answer."""
        assert self._answer is not None
        return next(iter(self._answer.values()))

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        with suppress(BrokenPipeError):
            self._input.close()
        self.output.close()
