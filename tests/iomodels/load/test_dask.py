"""A load on real workers of a real scheduler, which are lost, silent, busy, or not what they should be."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psutil
import pytest

from iomodels import catalogue
from iomodels.contract.server import Server
from iomodels.load import cluster as cluster_module
from iomodels.load import fleet as fleet_module
from iomodels.load.dask import Crew, Fleet, NoCluster, Shared, host_towards, run_on
from iomodels.load.generator import Interrupted
from iomodels.load.outcome import Outcome
from iomodels.load.shard import PROTOCOL, RESOURCE
from iomodels.load.spec import LoadError, Spec
from tests.iomodels.load.clusters import Cluster, Network

pytestmark = pytest.mark.long

END = 60.0  # seconds in which what is to end has ended, on any machine
CONNECTIONS = 30


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    network = Network()
    with network.made():
        yield network


@pytest.fixture(scope="module")
def cluster(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(network, tmp_path_factory.mktemp("dask"))
    with cluster.running():
        yield cluster


@pytest.fixture(scope="module")
def server(network: Network) -> Iterator[Server]:
    server = catalogue.find("sockets/epoll").launch("upper").start("--host", network.host, host=network.host)
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests is no cluster that does not answer."""
    for name in ("ANSWER", "GATHER"):
        monkeypatch.setattr(cluster_module, name, END)
    for name in ("FREE", "SILENCE"):
        monkeypatch.setattr(fleet_module, name, END)


@pytest.fixture
def spec(server: Server) -> Spec:
    return Spec(server.host, server.port, connections=CONNECTIONS, think=0.01, warm_up=0.1)


def generators(worker: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """The processes that a worker has started."""
    return psutil.Process(worker.pid).children(recursive=True)


def shared_of(fleet: Fleet) -> Shared:
    assert fleet.shared is not None
    return fleet.shared


def have_ended(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, END)[1]


def connected(server: Server) -> int:
    """Connections that the server holds."""
    return sum(each.status == psutil.CONN_ESTABLISHED for each in psutil.Process(server.pid).net_connections("tcp"))


def test_three_workers_are_one_load(cluster: Cluster, server: Server, spec: Spec) -> None:
    ticks: list[int] = []
    with Fleet(cluster.address, spec, min_workers=3) as fleet:
        assert connected(server) == CONNECTIONS
        assert [len(generators(worker)) for worker in cluster.workers] == [1, 1, 1]
        outcome = fleet.run(1.2, ticks.append)
        fleet.finish()
    shared = shared_of(fleet)
    assert shared.outcome is outcome
    assert sorted(shared.workers) == sorted(cluster.addresses)
    assert (shared.share, shared.lost, shared.enough) == (1.0, {}, True)
    assert 0 < shared.spread < outcome.seconds
    assert outcome.processes == 3
    assert outcome.requests == outcome.latency.get_total_count() > ticks[0] > 0


def test_a_killed_worker_takes_its_share_with_it(cluster: Cluster, server: Server, spec: Spec) -> None:
    lost = cluster.workers[1]

    def kill(_: int) -> None:
        lost.kill()

    with Fleet(cluster.address, spec, min_workers=3) as fleet:
        left_behind = generators(lost)
        fleet.run(2.5, kill)
        shared = shared_of(fleet)
        assert list(shared.lost) == [cluster.addresses[1]]
        assert shared.says.startswith("2 of 3 workers, 67 % of the intended load, started within ")
        assert shared.says.endswith("s after the start)")
        assert shared.share == pytest.approx(2 / 3)
        assert shared.outcome.processes == 2
        assert not shared.enough
        assert replace(shared, needed=2).enough
        assert len(left_behind) == 1
        assert have_ended(left_behind)
        lost.wait()

        # Nobody takes its place, not even one that comes under its address and has what the task needs.
        cluster.workers[1] = cluster.start(1, "--resources", f"{RESOURCE}=1")
        assert sorted(cluster_module.gather(fleet._client, 3)) == sorted(cluster.addresses)
        fleet.run(0.3)
        assert [len(generators(worker)) for worker in cluster.workers] == [1, 0, 1]
        assert connected(server) == CONNECTIONS * 2 / 3
        assert shared_of(fleet).lost == shared.lost
        fleet.finish()


def test_an_unplugged_worker_is_missed(network: Network, cluster: Cluster, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    if not network.whole:
        pytest.skip("network namespaces may not be made here: there is no cable to pull")
    monkeypatch.setattr(fleet_module, "SILENCE", 3.0)
    try:
        with Fleet(cluster.address, spec, min_workers=3) as fleet:  # with fewer it would begin before all are there
            tell = fleet._tell

            def tell_and_pull(what: Callable[[Any], dict[str, Any]]) -> None:
                tell(what)
                # It stands still while the cable is pulled, which takes a busy machine longer than the whole load.
                cluster.workers[2].send_signal(signal.SIGSTOP)
                network.plug(2, "down")
                cluster.workers[2].send_signal(signal.SIGCONT)

            monkeypatch.setattr(fleet, "_tell", tell_and_pull)
            fleet.run(2.0)
            shared = shared_of(fleet)
            assert shared.lost == {cluster.addresses[2]: "silent for 3 s"}
            assert shared.share == pytest.approx(2 / 3)
            assert not shared.enough
            assert replace(shared, needed=2).enough
    finally:
        network.plug(2, "up")


def test_a_load_that_nobody_waits_for_ends(cluster: Cluster, spec: Spec) -> None:
    began: list[psutil.Process] = []

    def leave(_: int) -> None:
        began.extend(process for worker in cluster.workers for process in generators(worker))
        raise RuntimeError("no time")

    with pytest.raises(RuntimeError, match="no time"):
        run_on(cluster.address, spec, 1000.0, 3, leave)
    assert len(began) == 3
    assert have_ended(began)


def test_an_interrupted_load_is_what_was_counted_until_then(cluster: Cluster, spec: Spec) -> None:
    ticks: list[int] = []

    def interrupt(answered: int) -> None:
        ticks.append(answered)
        raise KeyboardInterrupt

    with Fleet(cluster.address, spec, min_workers=3) as fleet:
        began = [process for worker in cluster.workers for process in generators(worker)]
        with pytest.raises(Interrupted) as interrupted:
            fleet.run(1000.0, interrupt)
    outcome, shared = interrupted.value.outcome, shared_of(fleet)
    assert outcome is shared.outcome
    assert (outcome.processes, shared.lost, shared.share) == (3, {}, 1.0)
    assert outcome.requests == outcome.latency.get_total_count() >= ticks[0] > 0
    assert 1.0 < outcome.seconds < 1000.0
    assert have_ended(began)


def test_a_worker_has_one_shard_at_a_time(cluster: Cluster, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    with Fleet(cluster.address, spec, min_workers=3):
        monkeypatch.setattr(fleet_module, "FREE", 0.5)
        with (
            pytest.raises(NoCluster, match=r"the worker tcp://\S+ is busy: it began no load within"),
            Fleet(cluster.address, spec),
        ):
            pass


def test_a_crew_is_the_same_in_every_load(cluster: Cluster, spec: Spec) -> None:
    crew = Crew(cluster.address, min_workers=3)
    assert (sorted(crew.workers), crew.needed, crew.worst) == (sorted(cluster.addresses), 3, None)
    crew.workers.append("tcp://192.0.2.1:4711")  # as one that was there when it began
    for _ in range(2):
        with crew(spec) as fleet:
            fleet.run(0.1)
            fleet.finish()
    assert crew.worst is not None
    assert crew.worst.lost == {"tcp://192.0.2.1:4711": "was not there"}
    assert crew.worst.share == pytest.approx(1 - 7 / CONNECTIONS)
    assert crew.worst.enough


def test_a_crew_has_no_figure_of_a_load_that_lost_a_worker(cluster: Cluster, spec: Spec) -> None:
    crew = Crew(cluster.address, min_workers=3)
    with crew(spec) as fleet, pytest.raises(LoadError, match=r"void: 2 of 3 workers, 67 % of the intended load, "):
        fleet.run(1.5, lambda _: cluster.workers[0].kill())
    assert crew.worst is not None
    assert not crew.worst.enough
    cluster.workers[0].wait()
    cluster.workers[0] = cluster.start(0)


def test_what_a_worker_has_against_the_server(cluster: Cluster, spec: Spec) -> None:
    with pytest.raises(LoadError, match=r"from tcp://\S+: ") as caught:
        run_on(cluster.address, replace(spec, service="resp"), 1.0, 3)
    assert not isinstance(caught.value, NoCluster)


def test_too_few_workers(cluster: Cluster, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster_module.connected(cluster.address) as client:
        cluster_module.gather(client, 3)
    monkeypatch.setattr(cluster_module, "GATHER", 0.1)
    with pytest.raises(NoCluster, match="too few workers: 3 after 0 s, and 4 are needed"):
        run_on(cluster.address, spec, 1.0, 4)
    with pytest.raises(LoadError, match="3 workers cannot share 2 connections"):
        run_on(cluster.address, replace(spec, connections=2), 1.0)


def test_no_scheduler(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "ANSWER", 0.1)
    for address in ("127.0.0.1:1", "nonsense", "http://127.0.0.1:1", f"{spec.host}:{spec.port}"):
        with pytest.raises(NoCluster, match=rf"no Dask scheduler answers at '{address}': "):
            run_on(address, spec, 1.0)


def test_no_dask(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NoCluster, match=r"pip install 'iomodels\[dask\]'"):
        run_on("127.0.0.1:8786", spec, 1.0)


class Told:
    """A client of a cluster whose only worker answers this."""

    def __init__(self, protocol: object, versions: object) -> None:
        self._protocol = protocol
        self._versions = versions

    def wait_for_workers(self, *_: object, **__: object) -> None: ...

    def nthreads(self) -> dict[str, int]:
        return {"tcp://a:1": 1}

    def run(self, *_: object, **__: object) -> dict[str, object]:
        return {"tcp://a:1": self._protocol}

    def get_versions(self) -> dict[str, object]:
        return {"scheduler": self._versions, "workers": {"tcp://a:1": self._versions}}


@pytest.mark.parametrize(
    ("protocol", "versions", "words"),
    [
        (ModuleNotFoundError("No module named 'iomodels'"), None, "cannot import iomodels: No module named 'iomodels'"),
        (PROTOCOL + 1, None, "has another version of iomodels"),
        (AttributeError("PROTOCOL"), None, "has another version of iomodels"),
        (PROTOCOL, None, "does not tell its versions"),
        (
            PROTOCOL,
            {"host": {"python": "3.1.0.final.0"}, "packages": {"distributed": "2020.1.0"}},
            "has Python 3.1 and distributed 2020.1.0, here are 3.",
        ),
    ],
)
def test_a_worker_that_will_not_do(protocol: object, versions: object, words: str) -> None:
    with pytest.raises(NoCluster) as caught:
        cluster_module.gather(Told(protocol, versions), 1)
    assert str(caught.value).startswith(f"the worker tcp://a:1 {words}")


def test_what_is_said() -> None:
    shared = Shared(Outcome(10, 1.0, 0.5), ("a", "b", "c"), {"b": "lost 1.0 s after the start"}, 2 / 3, 0.00123, 2)
    assert shared.says == (
        "2 of 3 workers, 67 % of the intended load, started within 1.2 ms; lost: b (lost 1.0 s after the start)"
    )
    assert shared.enough
    assert set(shared.dump()) == {"workers", "lost", "share", "spread", "needed"}


def test_which_of_our_addresses_a_worker_sees() -> None:
    assert host_towards("127.0.0.1:8786") == host_towards("tcp://127.0.0.1:8786") == "127.0.0.1"
    with pytest.raises(NoCluster, match="no way to "):
        host_towards("nonsense")


def test_the_scheduler_goes(cluster: Cluster, spec: Spec) -> None:
    """The last one here: nothing can be asked of the cluster after it."""
    with Fleet(cluster.address, spec) as fleet:
        began = [process for worker in cluster.workers for process in generators(worker)]
        with pytest.raises(LoadError, match=rf"the Dask scheduler at {cluster.address} has gone"):
            fleet.run(1000.0, lambda _: cluster.stop_scheduler())
    assert have_ended(began)
