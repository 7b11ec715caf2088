"""For any conversation: what was recorded of a server and is played against the same server is heard again."""

import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iomodels.catalogue import find
from iomodels.contract.server import Server
from iomodels.replay.compare import differences
from iomodels.replay.player import Player, cut_again, expected
from models.ground.conversation import Conversation
from models.ground.services.lines import Lines
from models.ground.services.upper import Upper
from tests.iomodels.replay.relaying import Address, all_of, recorded, reset

SERVICES: dict[str, type[Conversation]] = {"upper": Upper, "lines": Lines}

WORDS = st.sampled_from(
    [b"hello\n", b"he", b"llo", b"\r\n", b"QUIT\n", b"\0\xff", b"x" * 3000, b"one\ntwo\nthree", b"y" * 200_000]
)
DEEDS = st.sampled_from(["send", "send", "send", "hear", "hear", "eof", "drain", "reset", "close"])
STEPS = st.lists(st.tuples(DEEDS, st.integers(0, 2), WORDS), max_size=14)


@dataclass
class Client:
    """A client, and a copy of what the server has in mind: how much it is about to say."""

    sock: socket.socket
    service: Conversation
    owed: int = 0
    ended: bool = False
    gone: bool = False
    heard: bytearray = field(default_factory=bytearray)

    def do(self, what: str, data: bytes) -> None:
        if self.gone:
            return
        if what == "send" and not self.ended:
            self.sock.sendall(data)
            self.think(data)
        elif what == "hear":
            while len(self.heard) < self.owed:
                self.heard += self.sock.recv(65536)
        elif what in ("eof", "drain"):
            if not self.ended:
                self.sock.shutdown(socket.SHUT_WR)
                self.ended = True
                self.think(b"")
            if what == "drain":
                self.heard += all_of(self.sock)
                assert len(self.heard) == self.owed
        elif what in ("reset", "close"):
            self.gone = True
            reset(self.sock) if what == "reset" else self.sock.close()

    def think(self, data: bytes) -> None:
        if not self.service.finished:
            self.service.receive(data)
        self.owed += len(self.service.unsent)
        self.service.sent(len(self.service.unsent))


@pytest.fixture(scope="module", params=["upper", "lines"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Server, str]]:
    started = find("threads").launch(request.param).start()
    yield started, request.param
    started.stop()


def talk(address: Address, service: str, steps: Sequence[tuple[str, int, bytes]]) -> None:
    """Have clients do all this; each comes when it has something to do."""
    clients: dict[int, Client] = {}
    try:
        for what, number, data in steps:
            if number not in clients or clients[number].gone:
                clients[number] = Client(socket.create_connection(address, timeout=20), SERVICES[service]())
            with contextlib.suppress(ConnectionError):  # after QUIT, and more behind it
                clients[number].do(what, data)
    finally:
        for client in clients.values():
            client.sock.close()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS, seed=st.integers(0, 99))
def test_what_is_recorded_and_played_again_is_alike(
    server: tuple[Server, str], steps: list[tuple[str, int, bytes]], seed: int
) -> None:
    running, service = server
    address = ("127.0.0.1", running.port)
    with recorded(address) as recorder:
        talk(recorder.address, service, steps)
        recording = recorder.recording()
    for again in (recording, cut_again(recording, 3, seed)):
        player = Player(again, address, linger=0.0)
        heard = player.play()
        assert [each.text() for each in differences(expected(recording), heard)] == []
        assert player.silences == 0
