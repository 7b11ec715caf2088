"""What the tests of recording and replaying share: a relay in a thread, both its ends, and a server that a test plays."""

import io
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from iomodels.replay.recording import Event, Kind, Recording, load
from iomodels.replay.relay import Relay
from iomodels.replay.sink import Sink

__all__ = ["Recorder", "all_of", "both_ends", "kinds", "recorded", "recording", "reset", "said"]

Address = tuple[str, int]


class Recorder:
    """A relay that runs in a thread and writes to memory. address: where clients come. turns: how often it has woken up.

    gate: while it is not set, the relay does nothing about what it has been told.
    """

    def __init__(self, upstream: Address, redact: Sequence[str] = (), max_bytes: int | None = None) -> None:
        self.file = io.BytesIO()
        self.sink = Sink(self.file, f"{upstream[0]}:{upstream[1]}", redact, max_bytes)
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address: Address = listener.getsockname()
        self.relay = Relay(listener, upstream, self.sink)
        self.turns = 0
        self.gate = threading.Event()
        self.gate.set()
        turn = self.relay._turn

        def counted(ready: Sequence[tuple[int, int]]) -> None:
            self.turns += 1
            assert self.gate.wait(20)
            turn(ready)

        self.relay._turn = counted  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self.relay.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.relay.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def recording(self) -> Recording:
        """What it has written; it is stopped."""
        self.stop()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "talk.jsonl"
            path.write_bytes(self.file.getvalue())
            return load(path)


@contextmanager
def recorded(upstream: Address, redact: Sequence[str] = (), max_bytes: int | None = None) -> Iterator[Recorder]:
    """A recorder, stopped at the end."""
    recorder = Recorder(upstream, redact, max_bytes)
    try:
        yield recorder
    finally:
        recorder.stop()


@contextmanager
def both_ends(redact: Sequence[str] = ()) -> Iterator[tuple[socket.socket, socket.socket, Recorder]]:
    """A client and the server's end of its connection, with a recorder between them."""
    with socket.create_server(("127.0.0.1", 0)) as listener, recorded(listener.getsockname(), redact) as recorder:
        listener.settimeout(20)
        with socket.create_connection(recorder.address, timeout=20) as client:
            server, _ = listener.accept()
            with server:
                server.settimeout(20)
                yield client, server, recorder


def all_of(sock: socket.socket) -> bytes:
    """All that comes up to FIN. Raises ConnectionResetError."""
    return b"".join(iter(lambda: sock.recv(65536), b""))


def reset(sock: socket.socket) -> None:
    """Close with RST (SO_LINGER with no time, socket(7))."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def kinds(recording: Recording, connection: int = 1) -> list[Kind]:
    """The kinds of a connection's events, in order, pieces of one direction in a row counted once."""
    found: list[Kind] = []
    for event in recording.events:
        if event.connection == connection and (not found or found[-1] is not event.kind):
            found.append(event.kind)
    return found


def said(recording: Recording, kind: Kind, connection: int = 1) -> bytes:
    """All bytes of a direction of a connection."""
    return b"".join(event.data for event in recording.events if (event.connection, event.kind) == (connection, kind))


def recording(*events: tuple[int, str, bytes] | tuple[int, str]) -> Recording:
    """A recording, a millisecond between two events."""
    return Recording([Event(at / 1000, each[0], Kind(each[1]), *each[2:]) for at, each in enumerate(events)])
