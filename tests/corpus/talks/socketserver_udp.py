"""Datagrams in capitals and their number, by both handlers."""

import dataclasses
import socket

from tests.corpus.header import Program
from tests.corpus.running import datagrams


def talk(program: Program, python: str) -> None:
    for run in (program.run, f"{program.run} --raw"):
        with (
            datagrams(dataclasses.replace(program, run=run), python, b"first") as port,
            _client(port) as one,
            _client(port) as two,
        ):
            before = int(_ask(one, b"count"))
            assert _ask(one, b"abc \xe4\x00 def\n") == b"ABC \xe4\x00 DEF\n"
            assert _ask(two, b"") == b""
            assert _ask(two, b" count\n") == b"%d" % (before + 3)
            assert _ask(one, b"x" * 8000) == b"X" * 8000


def _client(port: int) -> socket.socket:
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.settimeout(10)
    sock.connect(("127.0.0.1", port))
    return sock


def _ask(sock: socket.socket, question: bytes) -> bytes:
    sock.send(question)
    return sock.recv(65536)
