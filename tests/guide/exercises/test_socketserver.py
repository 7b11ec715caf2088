import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from queue import SimpleQueue

import pytest

from guide.exercises.socketserver import BoundedServer
from tests.guide.exercises._programs import PATIENCE, Room, ask, running

WORKERS, CLIENTS = 2, 6


class Counting(BoundedServer):
    """One whose handlers wait at a gate, and whose loop says when it has turned."""

    patience = 0.001

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Waiting, WORKERS)
        self.gate = threading.Event()
        self.within, self.most, self.lock = 0, 0, threading.Lock()
        self.turned: SimpleQueue[int] = SimpleQueue()

    def service_actions(self) -> None:
        self.turned.put(self.within)


class Waiting(socketserver.BaseRequestHandler):
    server: Counting

    def handle(self) -> None:
        with self.server.lock:
            self.server.within += 1
            self.server.most = max(self.server.most, self.server.within)
        self.server.gate.wait(PATIENCE)
        with self.server.lock:
            self.server.within -= 1
        self.request.sendall(b"served")


@pytest.fixture
def server() -> Iterator[Counting]:
    with Counting() as server:
        loop = threading.Thread(target=server.serve_forever, args=(0.01,))
        loop.start()
        try:
            yield server
        finally:
            server.gate.set()
            server.shutdown()
            loop.join()


def call(server: Counting) -> socket.socket:
    return socket.create_connection(server.socket.getsockname(), PATIENCE)


def turns_until(server: Counting, within: int) -> None:
    while server.turned.get(timeout=PATIENCE) < within:
        pass


def test_no_more_than_its_workers_are_served_at_once_and_the_others_after_them(server: Counting) -> None:
    with ExitStack() as room:
        clients = [room.enter_context(call(server)) for _ in range(CLIENTS)]
        turns_until(server, WORKERS)
        for _ in range(2 * CLIENTS):  # each turn of the loop would have let one in
            server.turned.get(timeout=PATIENCE)
        server.gate.set()
        assert [client.recv(100) for client in clients] == [b"served"] * CLIENTS
    assert server.most == WORKERS


def test_it_can_be_shut_down_while_all_places_are_taken(server: Counting) -> None:
    with ExitStack() as room:
        for _ in range(CLIENTS):
            room.enter_context(call(server))
        turns_until(server, WORKERS)
        stopped = threading.Thread(target=server.shutdown, daemon=True)
        stopped.start()
        stopped.join(PATIENCE)
        assert not stopped.is_alive()


def test_a_thread_that_cannot_be_started_gives_its_place_back(server: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    said: SimpleQueue[object] = SimpleQueue()
    monkeypatch.setattr(server, "handle_error", lambda _request, address: said.put(address))
    with monkeypatch.context() as none, ExitStack() as room:
        none.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("can't start new thread")))
        for _ in range(WORKERS + 1):
            room.enter_context(call(server))
            said.get(timeout=PATIENCE)
    server.gate.set()
    with call(server) as client:
        assert client.recv(100) == b"served"


def test_as_a_program_it_answers_line_by_line() -> None:
    with running("socketserver", "0", "1") as program, Room(program) as room:
        assert ask(room.client(), b"hello\nagain\n") == b"HELLO\nAGAIN\n"
