"""A relay to a line server: bytes both ways, ends of input included, eight clients at once; and nobody behind it."""

import contextlib
import socket

from iomodels.contract.server import free_port
from tests.corpus.header import Program
from tests.corpus.running import line_server, started, stream


def talk(program: Program, python: str) -> None:
    with line_server() as behind, started(program, python, UPSTREAM=f"127.0.0.1:{behind}") as port:
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(stream(port)) for _ in range(8)]
            for number, client in enumerate(clients):
                client.sendall(b"line of %d\nand the rest" % number)
                client.shutdown(socket.SHUT_WR)
            for number, client in reversed([*enumerate(clients)]):
                assert _rest(client) == b"LINE OF %d\nAND THE REST\n" % number
        with stream(port) as client:
            client.sendall(b"quit\n")
            assert _rest(client) == b"BYE\n", "the end that comes from behind it is passed on as well"
    with started(program, python, UPSTREAM=f"127.0.0.1:{free_port()}") as port, stream(port) as client:
        assert _rest(client) == b"", "nobody is behind it"


def _rest(client: socket.socket) -> bytes:
    with client.makefile("rb") as file:
        return file.read()
