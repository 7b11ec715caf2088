"""A Dask cluster of processes, each worker on a machine of its own as far as a network namespace is one."""

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from iomodels.contract.server import free_port
from tests.iomodels.running import environment

__all__ = ["Cluster", "Network"]

WORKERS = 3
NEWNET = 0x40000000  # CLONE_NEWNET, setns(2)


class Network:
    """One network: a namespace for each worker, joined by a bridge in that of the scheduler, the server and the test. Where
    such may not be made, `whole` is False, and all of them are on this machine's loopback.
    """

    def __init__(self) -> None:
        self.whole = False
        self._name = f"iomodels-{os.getpid()}"
        self._own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)

    @property
    def host(self) -> str:
        """Where the scheduler and the server listen."""
        return self.worker_host(-1)

    def worker_host(self, number: int) -> str:
        return f"10.77.0.{number + 2}" if self.whole else "127.0.0.1"

    def on_worker(self, number: int) -> list[str]:
        """What to put before a command that is to run there."""
        return ["ip", "netns", "exec", self._space(number)] if self.whole else []

    def plug(self, number: int, state: str) -> None:
        """Put a worker's cable in (`up`) or take it out (`down`)."""
        self._ip("-n", self._space(-1), "link", "set", f"port{number}", state)

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """The calling thread, and all threads and processes that it starts, are where the scheduler is."""
        try:
            self._make()
            yield
        finally:
            if self.whole:
                _join(self._own)
            if shutil.which("ip"):
                for number in range(-1, WORKERS):
                    self._ip("netns", "del", self._space(number), check=False)
            os.close(self._own)

    def _make(self) -> None:
        hub = self._space(-1)
        try:
            self._ip("netns", "add", hub)
            self._ip("-n", hub, "link", "add", "name", "bridge0", "type", "bridge")
            self._ip("-n", hub, "addr", "add", "10.77.0.1/24", "dev", "bridge0")
            for device in ("lo", "bridge0"):
                self._ip("-n", hub, "link", "set", device, "up")
            for number in range(WORKERS):
                space, port = self._space(number), f"port{number}"
                self._ip("netns", "add", space)
                self._ip("-n", hub, "link", "add", "name", port, "type", "veth", "peer", "name", "eth0", "netns", space)
                self._ip("-n", hub, "link", "set", port, "master", "bridge0", "up")
                self._ip("-n", space, "addr", "add", f"10.77.0.{number + 2}/24", "dev", "eth0")
                for device in ("lo", "eth0"):
                    self._ip("-n", space, "link", "set", device, "up")
            with Path("/run/netns", hub).open() as space_of_hub:
                _join(space_of_hub.fileno())
        except (OSError, subprocess.CalledProcessError):
            return  # not root, no ip(8), or a kernel without
        self.whole = True

    def _space(self, number: int) -> str:
        return f"{self._name}-{number}" if number >= 0 else f"{self._name}-hub"

    def _ip(self, *words: str, check: bool = True) -> None:
        subprocess.run(["ip", *words], check=check, capture_output=True)


def _join(space: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(space, NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Cluster:
    """A scheduler and WORKERS workers, which `start` starts: `dask scheduler`, `dask worker`.

    address: the scheduler's. addresses: those of the workers, which they keep when they are started anew.
    """

    def __init__(self, network: Network, folder: Path) -> None:
        self._network = network
        self._folder = folder
        self.address = f"tcp://{network.host}:{free_port()}"
        self.addresses = [f"tcp://{network.worker_host(number)}:{free_port()}" for number in range(WORKERS)]
        self.workers: list[subprocess.Popen[bytes]] = []
        self._scheduler: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """They run, in this block."""
        try:
            host, port = self.address.removeprefix("tcp://").split(":")
            self._scheduler = self._dask("scheduler", "--host", host, "--port", port)
            self.workers = [self.start(number) for number in range(WORKERS)]
            yield
        finally:
            for process in [*self.workers, self._scheduler]:
                if process is not None:
                    process.kill()
                    process.wait()

    def stop_scheduler(self) -> None:
        """End it at once."""
        assert self._scheduler is not None
        self._scheduler.kill()

    def start(self, number: int, *more: str) -> subprocess.Popen[bytes]:
        """Start a worker, with `more` options."""
        host, port = self.addresses[number].removeprefix("tcp://").split(":")
        options = ["--host", host, "--worker-port", port, "--nthreads", "2", "--no-nanny", *more]
        on = self._network.on_worker(number)
        return self._dask("worker", self.address, *options, "--local-directory", str(self._folder), on=on)

    def _dask(self, *words: str, on: list[str] | None = None) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*(on or []), sys.executable, "-m", "dask", *words, "--no-dashboard"],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
