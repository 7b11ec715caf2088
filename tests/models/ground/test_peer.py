import errno
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import NoReturn

import pytest

from models.ground.conversation import HIGH_WATER, Conversation, Dialogue
from models.ground.listener import Listener
from models.ground.peer import LINGER, POLLIN, POLLOUT, Peer
from models.ground.services.upper import Upper
from tests.models.ground.meeting import Worker, end_of, listening, meet, receive, reset, until

MUCH = 4 * 1024 * 1024  # bytes: more than the buffers of both ends hold


@pytest.fixture(params=[True, False], ids=["blocking", "non-blocking"])
def listener(request: pytest.FixtureRequest) -> Iterator[Listener]:
    with listening(blocking=request.param) as made:
        yield made


@pytest.fixture
def hurried() -> Iterator[Listener]:
    """A listener whose peers never sleep."""
    with listening() as made:
        yield made


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="models")
    return caplog


class Farewell(Conversation):
    """Say goodbye to whatever comes, and no more."""

    def receive(self, data: bytes) -> None:  # noqa: ARG002
        self.say(b"bye")
        self.end()


class Step(Dialogue):
    """Answer each byte with itself, at once; a `!` raises."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = b""

    def feed(self, data: bytes) -> None:
        self.waiting += data

    def answer(self) -> bytes | None:
        if not self.waiting:
            return None
        request, self.waiting = self.waiting[:1], self.waiting[1:]
        if request == b"!":
            raise ValueError("no\nsuch request")
        return request * (HIGH_WATER + 1)  # so that the next one is answered when this one has gone


class Failing(Conversation):
    """Raise at the first input."""

    def receive(self, data: bytes) -> NoReturn:
        raise RuntimeError(data)


def arrive(client: socket.socket, peer: Peer, data: bytes) -> None:
    """Send `data`, and wait until it has come to the peer's end."""
    client.sendall(data)
    until(lambda: waiting(peer) >= len(data), "what was sent does not arrive")


def waiting(peer: Peer) -> int:
    try:
        return len(peer.connection.recv(MUCH, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return 0


def until_reset(peer: Peer) -> None:
    """Wait for the client's RST to be known to the kernel, without taking note of it: the state in TCP_INFO is CLOSE."""
    until(lambda: peer.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 7, "no RST comes")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_what_arrives_is_answered(listener: Listener) -> None:
    peer, client = meet(listener)
    arrive(client, peer, b"hello")
    assert peer.receive()
    assert peer.wanted() == POLLIN | POLLOUT
    assert peer.reply() == POLLIN
    assert receive(client, 5) == b"HELLO"
    assert peer.conversation.unsent == b""


def test_a_blocking_receive_sleeps_until_something_comes() -> None:
    with listening(blocking=True) as listener:
        peer, client = meet(listener)
        worker = Worker(lambda: peer if peer.receive() else None)
        worker.wait_until_asleep()
        client.sendall(b"now")
        assert worker.outcome() is peer
        assert peer.conversation.unsent == b"NOW"


def test_a_non_blocking_receive_says_that_nothing_came(hurried: Listener) -> None:
    peer, _client = meet(hurried)
    assert not peer.receive()
    assert peer.reply() == POLLIN
    assert not peer.stuck


def test_a_child_may_make_its_peer_blocking(hurried: Listener) -> None:
    peer, client = meet(hurried, Step)
    peer.be_patient()
    worker = Worker(lambda: peer if peer.receive() else None)
    worker.wait_until_asleep()
    client.sendall(b"x" * 64)
    assert worker.outcome() is peer
    reader = threading.Thread(target=receive, args=(client, 64 * (HIGH_WATER + 1)))
    reader.start()
    assert peer.reply() == POLLIN, "all of it has gone, in however many pieces"
    reader.join()


def test_what_is_owed_decides_what_is_wanted(hurried: Listener) -> None:
    peer, _client = meet(hurried)
    assert peer.wanted() == POLLIN
    peer.conversation.say(b"x")
    assert peer.wanted() == POLLIN | POLLOUT
    peer.conversation.say(b"x" * HIGH_WATER)
    assert peer.wanted() == POLLOUT
    peer.conversation.sent(HIGH_WATER + 1)
    assert peer.wanted() == POLLIN


def test_a_non_blocking_reply_sends_once_and_a_blocking_one_all(listener: Listener) -> None:
    peer, client = meet(listener, Step)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MUCH)
    peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MUCH)
    arrive(client, peer, b"abc")
    peer.receive()
    sizes = []
    reader = threading.Thread(target=receive, args=(client, 3 * (HIGH_WATER + 1)))
    reader.start()
    while peer.reply() != POLLIN:
        sizes.append(len(peer.conversation.unsent))
    reader.join()
    assert bool(sizes) != peer.connection.getblocking()


def test_what_the_kernel_does_not_take_is_kept(hurried: Listener) -> None:
    peer, client = meet(hurried)
    owed = bytes(range(251)) * (4 * MUCH // 251)  # the buffers grow while they are filled
    peer.conversation.say(owed)
    while not peer.stuck:
        assert peer.reply() == POLLOUT
    assert 0 < len(peer.conversation.unsent) < len(owed)
    came = bytearray()
    while len(came) < len(owed):
        came += client.recv(65536)
        peer.stuck = False
        wanted = peer.reply()
    assert came == owed
    assert wanted == POLLIN
    assert not peer.stuck


def test_a_client_that_resets_is_lost_with_one_line(listener: Listener, logged: pytest.LogCaptureFixture) -> None:
    peer, client = meet(listener)
    reset(client)
    until_reset(peer)
    assert peer.receive()
    assert peer.reply() == 0
    assert peer.wanted() == 0
    assert lines(logged) == [f"client {peer.address} lost: Connection reset by peer"]


def test_a_client_that_resets_before_its_reply_is_lost_with_one_line(
    listener: Listener, logged: pytest.LogCaptureFixture
) -> None:
    peer, client = meet(listener)
    arrive(client, peer, b"hello")
    peer.receive()
    reset(client)
    until_reset(peer)
    assert peer.reply() == 0
    assert peer.reply() == 0
    assert len(lines(logged)) == 1
    assert lines(logged)[0].startswith(f"client {peer.address} lost: ")


def test_a_client_that_resets_before_the_goodbye_costs_no_more_than_itself(listener: Listener) -> None:
    peer, client = meet(listener)
    reset(client)
    until_reset(peer)
    peer.conversation.end()
    assert peer.reply() == 0


def test_a_conversation_that_raises_costs_one_line_and_its_client(listener: Listener, logged: pytest.LogCaptureFixture) -> None:
    peer, client = meet(listener, Failing)
    arrive(client, peer, b"x")
    assert peer.receive()
    assert peer.reply() == 0
    (line,) = lines(logged)
    assert line.startswith(f"client {peer.address} closed: its conversation raised RuntimeError(b'x') at {__file__}:")
    peer.close()
    assert end_of(client) == b""


def test_a_dialogue_that_raises_between_two_replies_costs_one_line_and_its_client(
    hurried: Listener, logged: pytest.LogCaptureFixture
) -> None:
    peer, client = meet(hurried, Step)
    arrive(client, peer, b"a!")
    peer.receive()
    while wanted := peer.reply():
        assert wanted == POLLOUT
        client.recv(65536)
    (line,) = lines(logged)
    assert "\n" not in line
    assert "raised ValueError('no\\nsuch request') at " in line


def test_a_service_that_makes_no_conversation_costs_one_line_and_its_client(
    listener: Listener, logged: pytest.LogCaptureFixture
) -> None:
    def broken() -> Conversation:
        raise LookupError("no such table")

    peer, client = meet(listener, broken)
    assert peer.receive(), "a model waits for input first, so the end of it must be there"
    assert peer.reply() == 0
    assert len(lines(logged)) == 1
    assert "raised LookupError('no such table') at " in lines(logged)[0]
    peer.close()
    assert end_of(client) == b""
    assert meet(listener)[0].wanted() == POLLIN, "the next client is served"


def test_after_the_clients_end_of_input_there_is_nothing_left_to_do(listener: Listener) -> None:
    peer, client = meet(listener)
    arrive(client, peer, b"last words")
    peer.receive()
    peer.reply()
    client.shutdown(socket.SHUT_WR)
    while peer.reply():
        peer.receive()
    peer.close()
    assert end_of(client) == b"LAST WORDS"


def test_goodbye_is_a_fin_then_silence_then_the_end(listener: Listener) -> None:
    peer, client = meet(listener, Farewell)
    arrive(client, peer, b"x")
    peer.receive()
    assert peer.reply() == POLLIN
    assert end_of(client) == b"bye", "the client sees FIN while the peer is open"
    arrive(client, peer, b"are you there?")
    assert peer.receive()
    assert peer.reply() == POLLIN
    assert client.recv(100) == b"", "no answer, and no reset"
    client.close()
    until(peer.receive, "the client's FIN does not arrive")
    assert peer.reply() == 0


def test_goodbye_keeps_the_last_words_although_input_is_unread(listener: Listener) -> None:
    peer, client = meet(listener, Farewell)
    arrive(client, peer, b"x")
    peer.receive()
    arrive(client, peer, b"unread" * 1000)
    wanted = peer.reply()
    assert wanted == POLLIN
    assert end_of(client) == b"bye"
    client.close()
    while wanted:
        peer.receive()
        wanted = peer.reply()
    peer.close()


def test_a_client_has_a_deadline_to_close_by(hurried: Listener) -> None:
    peer, client = meet(hurried, Farewell)
    arrive(client, peer, b"x")
    peer.receive()
    before = time.monotonic()
    peer.reply()
    deadline = peer.conversation.deadline
    assert deadline is not None
    assert before + LINGER <= deadline <= time.monotonic() + LINGER
    client.close()
    until(peer.receive, "the client's FIN does not arrive")
    peer.reply()
    assert peer.conversation.deadline is None


def test_a_client_that_is_refused_is_closed_and_named(listener: Listener, logged: pytest.LogCaptureFixture) -> None:
    peer, client = meet(listener)
    peer.refuse("no room")
    assert end_of(client) == b""
    assert lines(logged) == [f"client {peer.address} turned away: no room"]
    assert peer not in listener.peers


def test_closing_forgets_the_connection_and_keeps_its_number(listener: Listener) -> None:
    peer, client = meet(listener)
    number = peer.connection.fileno()
    peer.close()
    peer.close()
    assert peer.connection.fileno() == -1
    assert peer.fileno() == peer.descriptor == number
    assert end_of(client) == b""


def test_the_loss_of_a_client_is_named_even_without_words(hurried: Listener, logged: pytest.LogCaptureFixture) -> None:
    peer, _client = meet(hurried, Upper)
    peer.lose(OSError("gone"))
    peer.lose(OSError(errno.EPIPE, "Broken pipe"))
    assert lines(logged) == [f"client {peer.address} lost: gone", f"client {peer.address} lost: Broken pipe"]
    assert peer.wanted() == 0
