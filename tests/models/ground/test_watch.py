import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from iomodels.contract.server import AT_ONCE, Launch, Server
from models.ground.conversation import Conversation
from models.ground.peer import LINGER
from models.ground.services.upper import Upper
from models.ground.watch import TICK, Watch, signal_bell
from tests.models.ground.meeting import PATIENCE, ROOT, end_of, in_own_process, listening, meet, receive, until

MUCH = 16 * 1024 * 1024  # bytes: more than the buffers of both ends hold
KEPT: list[socket.socket] = []  # what must stay open until the process ends
STOPS = [signal.SIGTERM, signal.SIGINT]


class Verbose(Conversation):
    """Answer every byte with `size` of them, and listen all the while: busy until its client has read them all."""

    size = MUCH

    def receive(self, data: bytes) -> None:
        for byte in data:
            self.unsent += bytes([byte]) * self.size  # not `say`, which would stop its input
        if not data:
            self.end()


class Brief(Verbose):
    """The same, with what the kernel takes at once: it is on its way, although the conversation owes nothing."""

    size = 200 * 1024


class Hasty(Conversation):
    """Ask for more, and soon."""

    def receive(self, data: bytes) -> None:
        if data:
            self.say(b"more?")
            self.deadline = time.monotonic() + 0.01
        else:
            self.say(b"too late")
            self.end()


@contextmanager
def serving(model: str, service: str = "upper", *options: str) -> Iterator[Server]:
    command = [sys.executable, "-m", f"models.{model}", "--port", "0", "--service", service, *options]
    server = Launch(command, flags=True, directory=ROOT).start()
    try:
        yield server
    finally:
        server.stop()


def of_this_file(service: type[Conversation]) -> str:
    return f"tests.models.ground.test_watch:{service.__name__}"


def connect(server: Server) -> socket.socket:
    return socket.create_connection((server.host, server.port), PATIENCE)


def said(server: Server) -> list[str]:
    """What it logged, without its name."""
    return [line.partition(": ")[2] for line in server.log().splitlines()]


@pytest.mark.parametrize("model", ["blocking", "threads", "select"])
@pytest.mark.parametrize("number", STOPS)
def test_a_signal_ends_a_server_without_clients(model: str, number: signal.Signals) -> None:
    with serving(model) as server:
        server.signal(number)
        server.expect_end()
        assert said(server) == ["stopping"]


@pytest.mark.parametrize("model", ["threads", "select"])
def test_idle_clients_see_the_end(model: str) -> None:
    with serving(model) as server:
        clients = [connect(server) for _ in range(3)]
        for client in clients:
            client.sendall(b"hello")
            assert receive(client, 5) == b"HELLO"
        server.signal(signal.SIGTERM)
        assert [end_of(client) for client in clients] == [b""] * 3
        server.expect_end()


@pytest.mark.parametrize("model", ["threads", "select"])
@pytest.mark.parametrize("service", [Verbose, Brief])
def test_a_busy_client_is_left_until_it_is_idle(model: str, service: type[Verbose]) -> None:
    with serving(model, of_this_file(service), "--grace", "60") as server, socket.socket() as busy:
        idle = connect(server)
        busy.settimeout(PATIENCE)
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        busy.connect((server.host, server.port))
        busy.sendall(b"a")
        assert receive(busy, 1) == b"a"
        server.signal(signal.SIGTERM)
        assert end_of(idle) == b"", "the stop has come"
        busy.sendall(b"b")  # no reset: its input is still read
        assert end_of(busy) == b"a" * (service.size - 1) + b"b" * service.size
        server.expect_end()


@pytest.mark.parametrize("model", ["threads", "select"])
def test_what_was_received_before_the_stop_is_answered(model: str) -> None:
    with serving(model) as server:
        client = connect(server)
        client.sendall(b"hello")
        assert receive(client, 5) == b"HELLO"
        with server.stopped():
            client.sendall(b"goodbye")
            server.signal(signal.SIGTERM)
        assert end_of(client) == b"GOODBYE"
        server.expect_end()


@pytest.mark.parametrize("model", ["threads", "select"])
def test_a_client_whose_deadline_has_passed_sees_the_end(model: str) -> None:
    with serving(model, of_this_file(Hasty)) as server:
        with connect(server) as client:
            client.sendall(b"x")
            start = time.monotonic()
            assert end_of(client) == b"more?too late"
            assert time.monotonic() - start < TICK + AT_ONCE
        with connect(server) as client:
            client.sendall(b"x")
            assert receive(client, 5) == b"more?", "the server lives"


def test_a_client_that_does_not_close_after_the_goodbye_makes_room_for_others() -> None:
    with serving("blocking", "lines") as server:
        lingering, other = connect(server), connect(server)
        lingering.sendall(b"quit\n")
        end_of(lingering)
        other.sendall(b"next\n")
        start = time.monotonic()
        assert receive(other, 5) == b"NEXT\n"
        assert LINGER - TICK < time.monotonic() - start < LINGER + TICK + AT_ONCE


@pytest.mark.parametrize("model", ["threads", "select"])
def test_what_is_left_when_the_grace_is_over_is_cut_off(model: str, tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with serving(model, of_this_file(Verbose), "--grace", "0.2", "--unix", path) as server:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"a")
            assert receive(client, 1) == b"a"
            start = time.monotonic()
            server.signal(signal.SIGTERM)
            server.expect_end()
            assert time.monotonic() - start >= 0.2
        assert said(server) == ["stopping", "1 clients cut off after 0.2 s"]
        assert not Path(path).exists()


@pytest.mark.parametrize("model", ["threads", "epoll", "io_uring"])
def test_no_grace_at_all_is_no_traceback(model: str) -> None:
    with serving(model, of_this_file(Verbose), "--grace", "0") as server:
        client = connect(server)
        client.sendall(b"a")
        assert receive(client, 1) == b"a"
        server.signal(signal.SIGTERM)
        server.expect_end()
        assert said(server) == ["stopping", "1 clients cut off after 0 s"]


@pytest.mark.parametrize("number", STOPS)
def test_the_second_signal_ends_at_once(number: signal.Signals) -> None:
    with serving("threads", of_this_file(Verbose)) as server:
        client = connect(server)
        client.sendall(b"a")
        assert receive(client, 1) == b"a"
        server.signal(signal.SIGTERM)
        until(lambda: "stopping" in server.log(), "it does not stop")
        server.signal(number)
        assert server.wait(AT_ONCE) == 128 + number
        assert said(server) == ["stopping", "second signal: ending at once"]


def end_of_the_bell() -> None:
    """The end of the bell's input is a stop: to a listener asleep in accept, and to an idle peer asleep in receive."""
    with listening(blocking=True) as listener:
        peer, client = meet(listener)
        bell, far_end = socket.socketpair()
        watch = Watch(listener, bell)
        watch.start()
        far_end.close()
        assert listener.accept(Upper) is None
        assert peer.receive()
        assert peer.reply() == 0
        peer.close()
        assert end_of(client) == b""
        assert watch.is_alive()


def end_of_the_bell_after_the_stop() -> None:
    """A child whose parent has shut their listener down hears of the stop afterwards: that is no second signal."""
    heard = threading.Event()
    with listening(blocking=True) as listener:
        bell, far_end = socket.socketpair()
        Watch(listener, bell).start()
        listener.socket.shutdown(socket.SHUT_RD)
        assert listener.accept(Upper) is None
        assert not listener.open
        with mock.patch.object(listener, "stop", side_effect=heard.set):
            far_end.close()
            assert heard.wait(PATIENCE)


def a_ringing_bell() -> None:
    """Each signal is one byte, its number; a call that it interrupts goes on, and others are not touched."""
    bell = signal_bell(signal.SIGUSR1, signal.SIGUSR2)
    bell.settimeout(PATIENCE)
    os.kill(os.getpid(), signal.SIGUSR2)
    assert bell.recv(100) == bytes([signal.SIGUSR2])
    os.kill(os.getpid(), signal.SIGUSR1)
    assert bell.recv(100) == bytes([signal.SIGUSR1])
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    for _ in range(1000):  # more than it holds: what does not fit is dropped, and nothing is said
        signal.raise_signal(signal.SIGUSR1)
    assert set(bell.recv(4096)) == {signal.SIGUSR1}


def signals_are_the_main_threads() -> None:
    """The watch has every signal blocked that may be, and the main thread's mask is as before."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    bell, far_end = socket.socketpair()
    with listening() as listener:
        watch = Watch(listener, bell)
        watch.start()
        KEPT.append(far_end)
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == {signal.SIGUSR2}
        blocked = int(Path(f"/proc/self/task/{watch.native_id}/status").read_text().partition("SigBlk:")[2].split()[0], 16)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGIO, signal.SIGCHLD, signal.SIGRTMAX):
            assert blocked >> (number - 1) & 1, number


@pytest.mark.parametrize(
    "scenario", [end_of_the_bell, end_of_the_bell_after_the_stop, a_ringing_bell, signals_are_the_main_threads]
)
def test_the_bell(scenario: Callable[[], None]) -> None:
    ended = in_own_process(__file__, scenario)
    assert (ended.returncode, ended.stderr) == (0, "")
