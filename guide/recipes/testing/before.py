"""Test a server of threads: it runs in threads of the test's own, on a port that the kernel chooses."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

IDLE = 30.0  # seconds of silence after which a client is told BYE


class Shout(socketserver.BaseRequestHandler):
    server: "Server"

    def handle(self) -> None:
        self.request.settimeout(self.server.idle)
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data.upper())
        except TimeoutError:
            self.request.sendall(b"BYE\n")
        except ConnectionError:
            pass  # the client has vanished


class Server(socketserver.ThreadingTCPServer):
    """Under test: its close waits for all handlers, and what they raise is kept, not only printed."""

    def __init__(self, idle: float) -> None:
        super().__init__(("127.0.0.1", 0), Shout)
        self.idle = idle
        self.failed: list[object] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.failed.append(client_address)
        super().handle_error(request, client_address)


@contextmanager
def running(idle: float = IDLE) -> Iterator[tuple[str, int]]:
    with Server(idle) as server:  # it listens from here on, so nobody has to wait until it does
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield "127.0.0.1", server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
    assert not server.failed


def connect(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=10)  # what hangs fails


def vanish(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as client:
        client.sendall(b"hel")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST instead of FIN


def test_what_is_said_comes_back_in_capitals() -> None:
    with running() as address, connect(address) as client, client.makefile("rb") as replies:
        for piece in (b"hel", b"lo\n"):
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        assert replies.read() == b"HELLO\n"


def test_who_says_nothing_is_told_bye() -> None:
    with running(idle=0.05) as address, connect(address) as client, client.makefile("rb") as replies:
        assert replies.read() == b"BYE\n"


def test_who_is_silent_or_vanishes_costs_nobody_else() -> None:
    with running() as address, connect(address):
        vanish(address)
        with connect(address) as client, client.makefile("rb") as replies:
            client.sendall(b"hello\n")
            assert replies.readline() == b"HELLO\n"
