"""Blobs put and got: a request in pieces, two in one piece, an empty line in a blob, a large one, a head without sense."""

import io
import socket

from tests.corpus.header import Program
from tests.corpus.running import started, stream


def talk(program: Program, python: str) -> None:
    with (
        started(program, python) as port,
        stream(port) as one,
        stream(port) as two,
        one.makefile("rb") as to_one,
        two.makefile("rb") as to_two,
    ):
        for piece in (b"Do: put\nKe", b"y: a\nLength: 6\n", b"\none", b"\n\ntDo: get\nKey: a\n\n"):
            one.sendall(piece)
        assert _reply(to_one) == (b"ok", b"")
        assert _reply(to_one) == (b"ok", b"one\n\nt")
        two.sendall(b"Do: put\nKey: b\nLength: 1000000\n\n" + b"0123456789" * 100_000 + b"Do: list\n\n")
        assert [_reply(to_two), _reply(to_two)] == [(b"ok", b""), (b"ok", b"a\nb")]
        one.sendall(b"Do: get\nKey: b\n\nDo: get\nKey: c\n\nDo: dance\n\n")
        assert _reply(to_one) == (b"ok", b"0123456789" * 100_000)
        assert [_reply(to_one), _reply(to_one)] == [(b"missing", b""), (b"bad", b"")]
        one.sendall(b"Length: long\n\n")
        assert to_one.read() == b""
        two.shutdown(socket.SHUT_WR)
        assert to_two.read() == b""


def _reply(file: io.BufferedReader) -> tuple[bytes, bytes]:
    """The status and the bytes of the next reply."""
    status = file.readline().removeprefix(b"Status: ").rstrip(b"\n")
    length = int(file.readline().removeprefix(b"Length: "))
    assert file.readline() == b"\n"
    return status, file.read(length)
