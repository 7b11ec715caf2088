"""CPU per request while one load goes on: its connections are made once, whatever changes around them between two looks."""

from iomodels.bench.measuring import cpu_times
from iomodels.contract.server import Server
from iomodels.load.generator import Generator

__all__ = ["cost"]


def cost(server: Server, generator: Generator, seconds: float) -> float:
    """Microseconds of the server's CPU per request, over so many seconds of the load; its processes stay what they are."""
    before = sum(cpu_times(server.pid).values())
    outcome = generator.run(seconds)
    return (sum(cpu_times(server.pid).values()) - before) / outcome.requests * 1e6
