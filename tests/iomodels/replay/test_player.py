import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from iomodels.contract.server import free_port
from iomodels.replay import player as player_module
from iomodels.replay.client import Client
from iomodels.replay.compare import differences
from iomodels.replay.player import End, Heard, Player, cut_again, expected
from iomodels.replay.recording import Recording
from tests.iomodels.replay.relaying import Address, all_of, recording, reset

Talk = Callable[[socket.socket, int], None]  # the server's side of one connection, which has this number


@contextmanager
def serving(talk: Talk) -> Iterator[Address]:
    """A server with a thread for each connection, which is closed behind `talk`."""
    threads: list[threading.Thread] = []

    def converse(sock: socket.socket, number: int) -> None:
        with sock, contextlib.suppress(OSError):
            sock.settimeout(20)
            talk(sock, number)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                threads.append(threading.Thread(target=converse, args=(sock, len(threads) + 1)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=serve)
        accepting.start()
        try:
            yield listener.getsockname()
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def upper(sock: socket.socket, _: int) -> None:
    while data := sock.recv(65536):
        sock.sendall(data.upper())


def play(talk: Recording, against: Talk, **options: float) -> tuple[list[str], Player]:
    """What differs, as text, and the player."""
    with serving(against) as address:
        player = Player(talk, address, **options)
        heard = player.play()
    return [each.text() for each in differences(expected(talk), heard)], player


ONE = recording((1, "open"), (1, ">", b"hello"), (1, "<", b"HELLO"), (1, ">eof"), (1, "<eof"), (1, "close"))
GREETED = recording((1, "open"), (1, "<", b"welcome\n"), *((1, str(event.kind), event.data) for event in ONE.events[1:]))


def test_a_conversation_against_the_same_server_is_alike_and_quick() -> None:
    with serving(upper) as address:
        began = time.monotonic()
        for _ in range(50):
            heard = Player(ONE, address).play()
            assert heard == {1: Heard(1, bytearray(b"hello"), bytearray(b"HELLO"), End.FIN, [(5, 5)])}
        assert time.monotonic() - began < 50 * 0.05  # no wait for time to pass: `linger` alone is twice that


def test_another_reply_is_told() -> None:
    def lower(sock: socket.socket, _: int) -> None:
        while data := sock.recv(100):
            sock.sendall(data.lower())

    found, _ = play(ONE, lower)
    assert found == ["connection 1: byte 0 differs (what is shown begins at byte 0)\n  recorded  HELLO\n  heard     hello\n"]


def test_more_than_was_recorded_is_told() -> None:
    def adds(sock: socket.socket, number: int) -> None:
        upper(sock, number)
        sock.sendall(b"bye")

    found, _ = play(ONE, adds)
    assert "byte 5 differs" in found[0]


@pytest.mark.parametrize(("end", "words"), [(reset, "RST after 5 bytes, where FIN was recorded")])
def test_another_end_is_told(end: Callable[[socket.socket], None], words: str) -> None:
    def ends(sock: socket.socket, number: int) -> None:
        upper(sock, number)
        end(sock)

    found, _ = play(ONE, ends)
    assert found == [f"connection 1: {words}\n"]


def test_a_connection_that_stays_open_is_told_after_its_patience() -> None:
    done = threading.Event()

    def stays(sock: socket.socket, number: int) -> None:
        upper(sock, number)
        done.wait(20)

    with serving(stays) as address:
        player = Player(ONE, address, patience=0.2)
        heard = player.play()
        done.set()
    assert heard[1].end is End.OPEN
    assert player.silences == 1


def test_what_is_not_said_is_given_up_and_the_rest_is_played() -> None:
    began = time.monotonic()
    found, player = play(GREETED, upper, patience=0.3)
    assert 0.3 <= time.monotonic() - began < 10
    assert player.silences == 1
    assert "  recorded  welcome\\n\n            HELLO\n  heard     HELLO\n" in found[0]


def test_a_client_speaks_when_it_has_heard_what_it_had_heard() -> None:
    heard_before: list[bytes] = []

    def greets(sock: socket.socket, _: int) -> None:
        sock.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            heard_before.append(sock.recv(100))  # nobody speaks before the greeting
        sock.settimeout(20)
        for piece in (b"wel", b"come\n"):
            sock.sendall(piece)
        upper(sock, 1)

    found, player = play(GREETED, greets)
    assert (found, player.silences, heard_before) == ([], 0, [])


class Chat:
    """Whatever one says all others hear; who comes is told how many there are."""

    def __init__(self) -> None:
        self.socks: list[socket.socket] = []
        self.lock = threading.Lock()
        self.log: list[tuple[int, bytes]] = []

    def talk(self, sock: socket.socket, number: int) -> None:
        with self.lock:
            self.socks.append(sock)
            sock.sendall(b"%d here\n" % len(self.socks))
        while data := sock.recv(100):
            with self.lock:
                self.log.append((number, data))
                for other in self.socks:
                    if other is not sock:
                        other.sendall(data)
        with self.lock:
            self.socks.remove(sock)


CHAT = recording(
    (1, "open"),
    (1, "<", b"1 here\n"),
    (2, "open"),
    (2, "<", b"2 here\n"),
    (1, ">", b"how are you?\n"),
    (2, "<", b"how are you?\n"),
    (2, ">", b"well\n"),
    (1, "<", b"well\n"),
    (2, ">", b"bye\n"),
    (1, "<", b"bye\n"),
    (1, ">", b"bye\n"),
    (2, "<", b"bye\n"),
    (1, ">eof"),
    (1, "<eof"),
    (1, "close"),
    (2, ">eof"),
    (2, "<eof"),
    (2, "close"),
)


def test_what_one_client_says_comes_after_what_another_had_heard() -> None:
    for _ in range(20):
        chat = Chat()
        found, player = play(CHAT, chat.talk)
        assert (found, player.silences) == ([], 0)
        assert chat.log == [(1, b"how are you?\n"), (2, b"well\n"), (2, b"bye\n"), (1, b"bye\n")]


def test_other_words_of_another_length_do_not_upset_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player_module, "MOMENT", 0.25)  # of a server that shares its core with other tests

    class Wordy(Chat):
        def talk(self, sock: socket.socket, number: int) -> None:
            sock.sendall(b"welcome to the chat\n")
            super().talk(sock, number)

    chat = Wordy()
    found, player = play(CHAT, chat.talk)
    assert len(found) == 2
    assert chat.log == [(1, b"how are you?\n"), (2, b"well\n"), (2, b"bye\n"), (1, b"bye\n")]
    assert player.silences == 0


def test_a_client_whose_server_has_ended_says_the_rest() -> None:
    came: list[bytes] = []

    def ends_first(sock: socket.socket, _: int) -> None:
        sock.shutdown(socket.SHUT_WR)
        came.append(all_of(sock))

    talk = recording((1, "open"), (1, "<eof"), (1, ">", b"but"), (1, ">", b" still"), (1, ">eof"), (1, "close"))
    found, _ = play(talk, ends_first)
    assert (found, came) == ([], [b"but still"])


def test_much_that_is_said_after_the_servers_end_is_all_said() -> None:
    came: dict[int, int] = {}

    def ends_first(sock: socket.socket, number: int) -> None:
        sock.shutdown(socket.SHUT_WR)
        if number == 2:
            second.set()
        assert second.wait(20)
        came[number] = len(all_of(sock))

    second = threading.Event()
    data = b"x" * 8_000_000
    talk = recording((1, "open"), (1, "<eof"), (1, ">", data), (1, ">eof"), (1, "close"), (2, "open"), (2, "<eof"))
    assert play(talk, ends_first)[0] == []
    assert came == {1: len(data), 2: 0}


def test_a_reset_that_is_met_in_a_send_is_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(1, socket.AF_INET, bytearray())
        client.sock.setblocking(True)
        client.sock.connect(listener.getsockname())
        reset(listener.accept()[0])
        poller = select.poll()
        poller.register(client.sock, 0)
        assert poller.poll(20_000)
        client.unsent += b"a"
        assert client.send() == 0
        assert client.receive() is End.RESET
        client.sock.close()


def test_a_connection_that_is_cut_at_once_is_cut_and_not_refused() -> None:
    talk = recording((1, "open"), (1, "<reset"), (1, "close"))
    for _ in range(100):
        assert play(talk, lambda sock, _: reset(sock))[0] == []


def test_a_connection_that_is_over_keeps_no_descriptor() -> None:
    most = 0

    def counts(sock: socket.socket, number: int) -> None:
        nonlocal most
        most = max(most, psutil.Process().num_fds())
        upper(sock, number)

    before = psutil.Process().num_fds()
    events = [type(event)(event.seconds, number, event.kind, event.data) for number in range(1, 101) for event in ONE.events]
    assert play(Recording(events), counts)[0] == []
    assert most - before < 50


def test_a_client_resets_as_it_did() -> None:
    ends: list[str] = []

    def listens(sock: socket.socket, _: int) -> None:
        try:
            while data := sock.recv(100):
                sock.sendall(data)
            ends.append("FIN")
        except ConnectionResetError:
            ends.append("RST")

    talk = recording((1, "open"), (1, ">", b"a"), (1, "<", b"a"), (1, ">reset"), (1, "close"))
    found, _ = play(talk, listens)
    assert (found, ends) == ([], ["RST"])


def test_a_reset_of_the_server_is_heard_behind_its_last_words() -> None:
    def cuts(sock: socket.socket, _: int) -> None:
        sock.recv(100)
        sock.sendall(b"no")
        reset(sock)

    talk = recording((1, "open"), (1, ">", b"a"), (1, "<", b"no"), (1, "<reset"), (1, "close"))
    assert play(talk, cuts)[0] == []
    found, _ = play(talk, lambda sock, _: sock.sendall(sock.recv(100) and b"no"))
    assert found == ["connection 1: FIN after 2 bytes, where RST was recorded\n"]


def test_a_connection_that_was_over_is_closed_before_the_next_begins() -> None:
    slot = threading.Semaphore()
    shut_out: list[int] = []

    def one_at_a_time(sock: socket.socket, number: int) -> None:
        if not slot.acquire(timeout=1):
            shut_out.append(number)
        upper(sock, number)
        slot.release()  # before FIN, which the client waits for

    events = [*ONE.events, *(type(event)(event.seconds, 2, event.kind, event.data) for event in ONE.events)]
    assert play(Recording(events), one_at_a_time)[0] == []
    assert shut_out == []


def test_megabytes_pass_and_nobody_waits_for_the_other_to_finish() -> None:
    data = bytes(range(97, 123)) * 200_000
    talk = recording((1, "open"), (1, ">", data), (1, ">eof"), (1, "<", data.upper()), (1, "<eof"), (1, "close"))
    assert play(talk, upper)[0] == []


def pieces_of(talk: Recording, **options: float) -> list[bytes]:
    came: list[bytes] = []

    def notes(sock: socket.socket, _: int) -> None:
        while data := sock.recv(100):
            came.append(data)
            sock.sendall(data.upper())

    found, _ = play(talk, notes, **options)
    assert found == []
    return came


def test_cuts_are_seen_by_the_server() -> None:
    again = cut_again(ONE, 2, seed=1)
    came = pieces_of(again, gap=0.1)
    assert came == [event.data for event in again.events if event.kind == ">"]
    assert len(came) == 3


def test_speed_keeps_the_recorded_times() -> None:
    events = [type(event)(event.seconds * 100, 1, event.kind, event.data) for event in ONE.events]  # half a second in all
    for speed, least, most in ((1.0, 0.3, 60.0), (10.0, 0.03, 60.0), (None, 0.0, 0.4)):
        with serving(upper) as address:
            began = time.monotonic()
            heard = Player(Recording(events), address, speed=speed).play()
            assert least <= time.monotonic() - began < most
            assert heard[1].data == b"HELLO"


def test_a_server_that_talks_without_end_does_not_keep_the_player() -> None:
    def streams(sock: socket.socket, _: int) -> None:
        while True:
            sock.sendall(b"x" * 1000)

    talk = recording((1, "open"), (1, "<", b"x" * 10), (2, "open"), (2, ">", b"a"), (2, "<", b"y"), (1, ">reset"), (1, "close"))
    began = time.monotonic()
    found, _ = play(talk, streams, patience=0.5)
    assert time.monotonic() - began < 20
    assert [each[:12] for each in found] == ["connection 2"]


def test_a_server_that_refuses_the_first_is_an_error_and_of_others_a_difference() -> None:
    with pytest.raises(ConnectionRefusedError, match="refused"):
        Player(ONE, ("127.0.0.1", free_port())).play()

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as sock:
                listener.close()
                upper(sock, 1)

        thread = threading.Thread(target=serve)
        thread.start()
        events = [*ONE.events, *(type(event)(event.seconds, 2, event.kind, event.data) for event in ONE.events)]
        heard = Player(Recording(events), listener.getsockname()).play()
        thread.join()
    assert [each.end for each in heard.values()] == [End.FIN, End.REFUSED]


def test_a_name_is_looked_up_and_each_of_its_addresses_tried() -> None:
    with serving(upper) as (_, port):
        assert Player(ONE, ("localhost", port)).play()[1].data == b"HELLO"
