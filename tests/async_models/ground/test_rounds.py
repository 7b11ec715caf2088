"""Looking after the clients of a listener, whatever the library does to their sockets meanwhile."""

import signal
from collections.abc import Iterator

import pytest

from async_models.ground import rounds
from async_models.ground.signals import let_signals_pile_up
from models.ground import watch
from models.ground.listener import Listener
from models.ground.peer import POLLIN
from models.ground.services.upper import Upper
from tests.models.ground.meeting import call


class Peer(rounds.Peer):
    """Notes what was asked of it."""

    def cut_off(self) -> None:
        self.sever()


class OwnListener(rounds.Listener[Peer]):
    peer_type = Peer


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnListener]:
    monkeypatch.setattr(watch, "LULL", 0.0)
    listener = OwnListener.at_address("127.0.0.1", 0)
    listener.setblocking(False)
    yield listener
    for peer in list(listener.peers):
        peer.close()
    listener.remove()


def meet(host: Listener) -> Peer:
    with call(host):
        peer = host.accept(Upper)
    assert isinstance(peer, Peer)
    return peer


def test_one_whose_socket_the_library_has_closed_already_is_left_to_its_task(host: OwnListener) -> None:
    peer = meet(host)
    host.stop()
    peer.connection.close()
    look = rounds.Rounds(host)
    for _ in range(3):
        look.make()
    assert host.peers == {peer}


def test_nobody_is_hung_up_on_before_two_rounds_have_found_him_idle(host: OwnListener, monkeypatch: pytest.MonkeyPatch) -> None:
    hung_up: list[Peer] = []
    monkeypatch.setattr(Peer, "hang_up", lambda peer: hung_up.append(peer))
    peer = meet(host)
    look = rounds.Rounds(host)
    look.make()
    host.stop()
    look.make()
    assert not hung_up
    look.make()
    assert hung_up == [peer]


def test_when_the_grace_is_over_all_that_are_left_are_cut_off_once(host: OwnListener, caplog: pytest.LogCaptureFixture) -> None:
    host.grace = 0.0
    peer = meet(host)
    peer.conversation.say(b"owed")
    look = rounds.Rounds(host)
    host.stop()
    look.make()
    look.make()
    look.make()
    assert peer.reply() == 0
    assert peer.interest == POLLIN
    assert [record.message for record in caplog.records] == ["1 clients cut off after 0 s"]


def test_a_signal_that_a_loop_tells_twice_is_one(host: OwnListener, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(rounds, "end_at_once", ended.append)
    monkeypatch.setattr(OwnListener, "wake", lambda _: None)
    before = signal.signal(signal.SIGUSR2, lambda _, __: None)
    try:
        let_signals_pile_up(signal.SIGUSR2)
        signal.raise_signal(signal.SIGUSR2)
        host.heed(signal.SIGUSR2)
        host.heed(signal.SIGUSR2)
        assert not host.open
        assert not ended
        signal.raise_signal(signal.SIGUSR2)
        host.heed(signal.SIGUSR2)
        assert ended == [signal.SIGUSR2]
    finally:
        signal.signal(signal.SIGUSR2, before)
