"""Names in datagrams, from two senders."""

import socket

from tests.corpus.header import Program
from tests.corpus.running import datagrams


def talk(program: Program, python: str) -> None:
    kind = socket.SOCK_DGRAM
    with datagrams(program, python, b"?") as port, socket.socket(type=kind) as ann, socket.socket(type=kind) as bob:
        for sock in (ann, bob):
            sock.settimeout(10)
            sock.connect(("127.0.0.1", port))
        assert _ask(ann, b"HELLO ann") == b"OK 1"
        assert _ask(bob, b"WHERE ann\n") == b"AT 127.0.0.1:%d" % ann.getsockname()[1]
        assert _ask(bob, b"WHERE eve") == b"NOBODY"
        assert _ask(bob, b"BYE ann") == b"DENIED"
        bob.send(b"\xff")  # not ASCII: not answered
        assert _ask(bob, b"HELLO") == b"WHAT?"
        assert _ask(ann, b"BYE ann") == b"OK 0"


def _ask(sock: socket.socket, question: bytes) -> bytes:
    sock.send(question)
    return sock.recv(1500)
