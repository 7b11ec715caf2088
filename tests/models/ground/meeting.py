"""What the tests of listener, peer and watch share: meeting a client, seeing a thread asleep, and a process of one's own."""

import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from models.ground.conversation import Service
from models.ground.listener import Listener
from models.ground.peer import Peer
from models.ground.services.upper import Upper

__all__ = ["PATIENCE", "ROOT", "Worker", "call", "end_of", "in_own_process", "listening", "meet", "receive", "reset", "until"]

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 10.0  # seconds until a test gives an event up


@contextmanager
def listening(*, blocking: bool = False, limit: int | None = None, host: str = "127.0.0.1") -> Iterator[Listener]:
    """A listener on a free port; it and its peers are closed at the end."""
    listener = Listener.at_address(host, 0)
    listener.setblocking(blocking)
    listener.limit = limit
    try:
        yield listener
    finally:
        listener.stop()
        for peer in list(listener.peers):
            peer.close()
        listener.remove()


def call(listener: Listener) -> socket.socket:
    """A client's end; it waits in the backlog."""
    client = socket.socket(listener.socket.family)
    client.settimeout(PATIENCE)
    client.connect(listener.socket.getsockname())
    return client


def meet(listener: Listener, service: Service = Upper) -> tuple[Peer, socket.socket]:
    """A client that was accepted, and its own end."""
    client = call(listener)
    peer = listener.accept(service)
    assert peer is not None
    return peer, client


def receive(client: socket.socket, count: int) -> bytes:
    """The next `count` bytes, or fewer when they end before."""
    came = bytearray()
    while len(came) < count and (data := client.recv(count - len(came))):
        came += data
    return bytes(came)


def end_of(client: socket.socket) -> bytes:
    """All that comes until the end of input; a reset raises."""
    came = bytearray()
    while data := client.recv(65536):
        came += data
    return bytes(came)


def reset(client: socket.socket) -> None:
    """Vanish with RST (SO_LINGER with a time of 0, socket(7))."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def until(condition: Callable[[], object], words: str) -> None:
    """Look until it holds: for what has no event to wait for."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, words
        time.sleep(0.002)


class Worker(threading.Thread):
    """A thread that runs `work`, whose outcome can be waited for."""

    def __init__(self, work: Callable[[], Peer | None]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._outcome: list[Peer | None] = []
        self.start()

    def run(self) -> None:
        self._outcome.append(self._work())

    def wait_until_asleep(self) -> None:
        """Until it sleeps in a system call: /proc says so, twice, and it has not been awake in between (proc(5))."""
        before = ""

        def asleep() -> bool:
            nonlocal before
            now = Path(f"/proc/self/task/{self.native_id}/status").read_text()
            same, before = now == before, now
            return same and "State:\tS" in now

        until(lambda: self._outcome or asleep(), "the thread does not fall asleep")
        assert not self._outcome, "the thread did not wait"

    def outcome(self) -> Peer | None:
        """What `work` returned."""
        self.join(PATIENCE)
        assert self._outcome, "the thread does not end, or has failed"
        return self._outcome[0]


def in_own_process(path: str, function: Callable[[], None]) -> subprocess.CompletedProcess[str]:
    """Run a function of the test file at `path` in a process of its own, for what would harm ours: limits, signals, forks."""
    module = ".".join(Path(path).relative_to(ROOT).with_suffix("").parts)
    code = f"import {module} as module; module.{function.__name__}()"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
