"""A Dask cluster: connecting to it, whether its workers will do, and how far their clocks are ahead."""

import asyncio
import importlib
import logging
import pkgutil
import platform
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from iomodels.load.shard import PROTOCOL, offer
from iomodels.load.spec import LoadError

__all__ = ["Ahead", "Client", "NoCluster", "ask", "clock_ahead", "connected", "gather", "host_towards"]

ANSWER = 10.0  # seconds that the scheduler has to answer in, and a worker through it
GATHER = 10.0  # seconds to wait for as many workers as are needed
PROBES = 8  # readings of a worker's clock: the quickest of them counts

Client = Any  # Dask's, which has types in part only


class NoCluster(LoadError):
    """The workers cannot be used: no scheduler, too few workers, other versions (exit status 3)."""


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A client of the scheduler at `address`. Raises NoCluster."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as error:
        raise NoCluster("Dask is not installed: `pip install 'iomodels[dask]'` brings it") from error
    with _without_its_log():
        try:
            asyncio.run(_greet(distributed, address))
            with warnings.catch_warnings(action="ignore"):  # about versions, which `gather` looks at
                client = distributed.Client(address, timeout=ANSWER, set_as_default=False)
        except (OSError, ValueError) as error:
            raise NoCluster(f"no Dask scheduler answers at {address!r}: {str(error).partition(chr(10))[0]}") from error
        try:
            yield client
        except OSError as error:
            raise NoCluster(f"the Dask scheduler at {address!r} answers no more: {error}") from error
        finally:
            with suppress(OSError):  # it has not answered; it will see that we have gone
                client.close(timeout=ANSWER)


@contextmanager
def _without_its_log() -> Iterator[None]:
    """What matters of all that Dask writes to standard error is said by us, in one line."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    loggers = [each for each in map(logging.getLogger, names) if not each.disabled]
    for each in loggers:
        each.disabled = True
    try:
        yield
    finally:
        for each in loggers:
            each.disabled = False


async def _greet(distributed: Any, address: str) -> None:
    """See that somebody speaks Dask's protocol there. (A Client that could not connect is not rid of: it blocks the next one's
    start when it happens to be collected then.)
    """
    talk = await distributed.comm.connect(address, timeout=ANSWER, **distributed.Security().get_connection_args("client"))
    await talk.close()


def gather(client: Client, needed: int) -> list[str]:
    """The addresses of all workers, at least `needed`, each of which can take a shard. Raises NoCluster."""
    try:
        client.wait_for_workers(needed, timeout=GATHER)
    except TimeoutError as error:
        there = len(client.nthreads())
        raise NoCluster(f"too few workers: {there} after {GATHER:.0f} s, and {needed} are needed") from error
    workers = sorted(client.nthreads())
    # By name, so that one that has no iomodels can say so.
    protocols = client.run(pkgutil.resolve_name, f"{offer.__module__}:PROTOCOL", workers=workers, on_error="return")
    versions = client.get_versions()
    for worker in workers:
        found = protocols.get(worker)
        if isinstance(found, ImportError):
            raise NoCluster(f"the worker {worker} cannot import iomodels: {found}")
        if found != PROTOCOL:
            raise NoCluster(f"the worker {worker} has another version of iomodels")
        _check_versions(f"the worker {worker}", versions["workers"].get(worker))
    _check_versions("the scheduler", versions["scheduler"])
    client.run(offer, workers=workers)
    return workers


def _check_versions(where: str, found: Any) -> None:
    """Dask promises nothing between its versions, and another Python is another load."""
    ours = ".".join(platform.python_version_tuple()[:2]), version("distributed")
    try:
        theirs = ".".join(found["host"]["python"].split(".")[:2]), found["packages"]["distributed"]
    except (TypeError, KeyError):
        raise NoCluster(f"{where} does not tell its versions") from None
    if theirs != ours:
        raise NoCluster(f"{where} has Python {theirs[0]} and distributed {theirs[1]}, here are {ours[0]} and {ours[1]}")


async def ask(client: Client, worker: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function` returns on that worker. Raises OSError where it does not answer."""
    async with asyncio.timeout(ANSWER):
        answers = await client.run(function, *arguments, workers=[worker])
    return answers[worker]


@dataclass(frozen=True, order=True)
class Ahead:
    """How far a worker's monotonic clock is ahead of ours: so many seconds, give or take `doubt`."""

    doubt: float
    seconds: float


async def clock_ahead(client: Client, worker: str) -> Ahead:
    """Ask the worker what its clock says: at some moment between question and answer it said so."""
    readings = []
    for _ in range(PROBES):
        before = time.monotonic()
        there = await ask(client, worker, time.monotonic)
        after = time.monotonic()
        readings.append(Ahead((after - before) / 2, there - (before + after) / 2))
    return min(readings)


def host_towards(address: str) -> str:
    """The address of this machine that whoever is at `address`, a scheduler's, would connect to. Raises NoCluster."""
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        family, kind, protocol, _, there = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(there)  # of UDP: the kernel looks for the way, and sends nothing
            return str(probe.getsockname()[0])
    except (OSError, ValueError) as error:
        raise NoCluster(f"no way to {address}: {error}") from error
