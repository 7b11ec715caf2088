"""What experiments work with: servers and loads on cores of their own, quick or thorough."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from iomodels import catalogue
from iomodels.bench.cores import on_core, two_cores
from iomodels.bench.measuring import Measurement, measure
from iomodels.contract.server import Launch, Server, Unavailable
from iomodels.experiments.experiment import NotHere
from iomodels.load.spec import Spec

__all__ = ["Lab"]

T = TypeVar("T")


@dataclass(frozen=True)
class Lab:
    """Where an experiment is made.

    quick: whether it must end within 20 seconds. say: takes a line that tells what is being measured. cores: the server's and
    the load's.
    """

    quick: bool = False
    say: Callable[[str], None] = lambda _: None
    cores: tuple[int, int] = field(default_factory=two_cores)

    def pick(self, quick: T, thorough: T) -> T:
        """The one of two values that fits."""
        return quick if self.quick else thorough

    @contextmanager
    def serve(self, variant: str, *options: str, service: str = "upper") -> Iterator[Server]:
        """A variant's server, on its core, ended with the block. Raises NotHere when it cannot run on this machine."""
        with self.start(catalogue.find(variant).launch(service), *options) as server:
            yield server

    @contextmanager
    def program(self, module: str, *arguments: str) -> Iterator[Server]:
        """A program of `experiments/programs/` that prints a ready line, on the server's core, ended with the block."""
        name = f"iomodels.experiments.programs.{module}"
        with self.start(Launch([sys.executable, "-m", name, *arguments])) as server:
            yield server

    @contextmanager
    def start(self, launch: Launch, *options: str) -> Iterator[Server]:
        """Any server, on its core, ended with the block."""
        try:
            with on_core(self.cores[0]):
                server = launch.start(*options)
        except Unavailable as error:
            raise NotHere(str(error)) from error
        try:
            yield server
        finally:
            server.stop()

    def load(self, server: Server, seconds: float, **spec: Any) -> Measurement:
        """Put a load on `server`, from the other core, and measure what it costs. `spec`: fields of Spec."""
        return measure(server, Spec(server.host, server.port, **spec), seconds, self.cores[1])

    def cost(self, server: Server, rounds: int, seconds: float, **spec: Any) -> Sequence[float]:
        """Microseconds of CPU per request, in each of so many rounds."""
        return [self.load(server, seconds, **spec).cost for _ in range(rounds)]
