"""Requests of every kind that arrive together are answered in order, and likewise when they arrive byte by byte.

Where each ends is told in another way: by its blank line, its length, its last chunk, its trailer. A parser that reads one byte
too much takes it from the next request, and one that counts in characters, or restarts at each receive, loses its place.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller, chunked, post
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 9.3.2 (pipelining), 7.1 (chunks, extensions, trailers)"
SERVICES = ("http",)
SAID = (
    ("GET", b"GET / HTTP/1.1\r\nHost: contract\r\n\r\n", None),
    ("POST", post(b"a length"), b"A LENGTH"),
    ("POST", chunked(b'2\r\nin\r\n00A;x="y"\r\n chunks\r\n\xff\r\n0\r\n\r\n'), b"IN CHUNKS\r\n\xff"),
    ("HEAD", b"HEAD / HTTP/1.1\r\nHost: contract\r\n\r\n", None),
    ("POST", post(b""), b""),
    ("POST", chunked(b"0\r\nX: a trailer\r\n\r\n"), b""),
    ("GET", b"GET / HTTP/1.1\r\nHOST:contract\r\nX:\t \r\n\r\n", None),
    ("POST", post(post(b"in a body")), post(b"in a body").upper()),
    ("POST", post(b"last"), b"LAST"),
)
TOGETHER = b"".join(request for _, request, _ in SAID)


def check(trial: Trial) -> None:
    for pieces in ([TOGETHER], [bytes([byte]) for byte in TOGETHER]):
        with Caller(trial) as caller:
            for piece in pieces:
                caller.send(piece)
            statuses = []
            for method, _, body in SAID:
                if body is not None:
                    caller.expect(body, method)
                else:
                    statuses.append(caller.reply(method).status)
            if len(set(statuses)) != 1:
                raise Broken(f"GET, HEAD and GET of one target were answered {statuses}", sent=TOGETHER)
            caller.client.half_close()
            caller.expect_end("the client's end")
