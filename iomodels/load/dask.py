"""A load from many machines: a shard of it on each worker of a Dask cluster, and one outcome.

Dask has what this needs: programs that wait on other machines, are reached through one address, and are missed when they are
gone. What it must not do here is move work: each shard is pinned to its worker, and a worker that is lost takes its part of the
load with it, since a load that moves in mid-run is another load.
"""

from collections.abc import Callable

from iomodels.load.cluster import NoCluster, connected, gather, host_towards
from iomodels.load.fleet import Fleet, Shared
from iomodels.load.outcome import Outcome
from iomodels.load.spec import Spec, VoidError

__all__ = ["Crew", "Fleet", "NoCluster", "Shared", "host_towards", "run_on"]


def run_on(
    address: str,
    spec: Spec,
    seconds: float,
    min_workers: int | None = None,
    tick: Callable[[int], None] = lambda _: None,
) -> Shared:
    """Share `spec` out over the workers of the Dask scheduler at `address`, and load for so long; see Fleet.

    spec.host is where the server is as the workers see it. Raises NoCluster (exit status 3) and LoadError (1).
    """
    with Fleet(address, spec, min_workers) as fleet:
        fleet.run(seconds, tick)
        fleet.finish()
    assert fleet.shared is not None
    return fleet.shared


class Whole(Fleet):
    """A load that is void when a worker is lost on its way: the server has spent its time on requests that nobody counts."""

    def run(self, seconds: float, tick: Callable[[int], None] = lambda _: None) -> Outcome:
        """Load for so long. Raises VoidError when a worker was lost meanwhile."""
        lost = len(self.lost)
        outcome = super().run(seconds, tick)
        if self.shared is not None and len(self.lost) > lost:
            raise VoidError(f"void: {self.shared.says}")
        return outcome


class Crew:
    """The same workers for one load after another: called with a Spec it makes a Fleet, as `iomodels.bench.run.bench` wants it.

    Who is there at first is asked here; a worker that is lost later is missing from all loads after that, its part with it; the
    load that it is lost from is void. Raises NoCluster.
    """

    def __init__(self, address: str, min_workers: int | None = None) -> None:
        self._address = address
        with connected(address) as client:
            self.workers = gather(client, min_workers or 1)
        self.needed = min_workers or len(self.workers)
        self._fleets: list[Fleet] = []

    def __call__(self, spec: Spec) -> Fleet:
        """A load that is yet to be entered."""
        self._fleets.append(Whole(self._address, spec, self.needed, self.workers))
        return self._fleets[-1]

    @property
    def worst(self) -> Shared | None:
        """Of all loads that ran the one of which the most was lost; None before the first."""
        ran = [fleet.shared for fleet in self._fleets if fleet.shared is not None]
        return min(ran, key=lambda shared: shared.share, default=None)
