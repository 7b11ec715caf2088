"""What is said to an HTTP server: a POST whose body comes back in upper case, or a GET whose body has been seen before.

Servers may add headers and choose their framing, so a reply is right when its status is 200 and its body the one that is
owed. To read a head costs, and most servers send the same one each time: the first head is learned, and a reply that begins
with it is compared like any other. Another head is read when it first comes, and remembered.
"""

import re
import socket
from collections.abc import Callable
from functools import lru_cache

from iomodels.load.spec import LoadError, Spec
from iomodels.load.talk import Pair, Talk, Wrong

__all__ = ["Http"]

HEAD = 64 * 1024  # bytes that a head may have
CHUNKED = -1  # in place of a length
REFUSED = (403, 404, 405, 411, 501)  # of a server that has no POST at /
STATUS = re.compile(rb"HTTP/1\.[01] (\d\d\d)[ \r]")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
CODED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*\r\n", re.IGNORECASE)


class Http(Talk):
    """HTTP/1.1."""

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self._path = spec.get
        self._per_connection = spec.per_connection
        self._host = spec.where.encode()
        self._head = b""  # as the server has sent it first
        self._body = b""  # of a GET

    def learn(self, connect: Callable[[], socket.socket]) -> list[str]:
        said = ""
        if self._path is None:
            request, want = self.pair(self._payload(0))
            with connect() as connection:
                status, head, body = _exchange(connection, request)
            if status == 200 and body != want:
                raise Wrong(want, body, "the body of a 200 reply to POST /")
            if status in REFUSED:
                said = f"POST / is answered {status}, so it is "
                self._path = "/"
            elif status != 200:
                raise LoadError(f"POST / is answered with status {status}, where 200 is owed")
        if self._path is not None:
            with connect() as connection:
                status, head, self._body = _exchange(connection, self.pair(b"")[0])
            if status != 200:
                raise LoadError(f"{said}GET {self._path} is answered with status {status}, where 200 is owed")
            said += f"GET {self._path}: each body is compared with the first one, of {len(self._body):,} bytes"
        if CLOSES.search(head) and self._per_connection != 1:
            raise LoadError("the server ends each connection after one reply: load it with --per-connection 1")
        self._head = head
        return [said] if said else []

    def pair(self, payload: bytes) -> Pair:
        if self._path is not None:
            return b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (self._path.encode(), self._host), self._head + self._body
        head = b"POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n" % (self._host, len(payload))
        return head + payload, self._head + payload.upper()

    def read(self, data: bytes, want: bytes, at: int = 0) -> int:
        if data.startswith(want, at):
            return at + len(want)
        found = _split(data, at)
        if found is None:
            return 0
        status, length, start = found
        if status != 200:
            raise LoadError(f"a reply had status {status}, where 200 is owed")
        owed = want[len(self._head) :]
        if length == CHUNKED:
            body, end = _unchunk(data, start)
        else:
            body, end = data[start : start + length], start + length
            if length != len(owed):
                raise Wrong(owed, body, f"a body of {length:,} bytes where {len(owed):,} are owed")
        if not owed.startswith(body):
            raise Wrong(owed, body, "a body")
        if not end or end > len(data):
            return 0
        if body != owed:
            raise Wrong(owed, body, "a body")
        return end


def _exchange(connection: socket.socket, request: bytes) -> tuple[int, bytes, bytes]:
    """Ask once; the status, the head and the body of the reply."""
    connection.sendall(request)
    data = b""
    while True:
        piece = connection.recv(64 * 1024)
        if not piece:
            raise LoadError(f"the server closed a connection and owed the reply to {request[:24]!r}; it sent {data[:48]!r}")
        data += piece
        found = _split(data, 0)
        if found is None:
            continue
        status, length, start = found
        body, end = _unchunk(data, start) if length == CHUNKED else (data[start : start + length], start + length)
        if end and end <= len(data):
            return status, data[:start], body


def _split(data: bytes, at: int) -> tuple[int, int, int] | None:
    """The status of the reply that begins at `at`, its body's length, and where that starts; None before the head is whole."""
    end = data.find(b"\r\n\r\n", at, at + HEAD) + 4
    if end < 4:
        begun = data[at : at + 9]
        if not b"HTTP/1.1 ".startswith(begun) and not b"HTTP/1.0 ".startswith(begun):
            raise Wrong(b"HTTP/1.1 200", data[at : at + 12])
        if len(data) - at >= HEAD:
            raise LoadError(f"a reply's head has more than {HEAD:,} bytes")
        return None
    status, length = _framing(data[at:end])
    return _split(data, end) if status < 200 else (status, length, end)


@lru_cache(maxsize=256)
def _framing(head: bytes) -> tuple[int, int]:
    """The status, and the length of the body or CHUNKED."""
    status = STATUS.match(head)
    if status is None:
        raise Wrong(b"HTTP/1.1 200", head[:12])
    length = LENGTH.search(head)
    if length:
        return int(status[1]), int(length[1])
    if CODED.search(head):
        return int(status[1]), CHUNKED
    if int(status[1]) < 200:
        return int(status[1]), 0
    raise LoadError("a reply has neither Content-Length nor chunks: where it ends cannot be known")


def _unchunk(data: bytes, at: int) -> tuple[bytes, int]:
    """What has come of a chunked body that starts at `at`, and where it ends; 0 before it has come whole."""
    body = b""
    while (end := data.find(b"\r\n", at)) >= 0:
        try:
            size = int(data[at:end].partition(b";")[0], 16)
        except ValueError:
            raise LoadError(f"a chunk has the size {data[at:end][:16]!r}") from None
        if not size:
            blank = data.find(b"\r\n\r\n", end)  # after the trailer, which is empty most often
            return body, blank + 4 if blank >= 0 else 0
        body += data[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
    return body, 0
