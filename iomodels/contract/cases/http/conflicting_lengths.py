"""A request whose length is in doubt is the last on its connection: what is smuggled behind it is not answered.

Of two servers in a row one believes Content-Length and the other Transfer-Encoding: what is body to the first is the next
request to the second. A Content-Length that is no number, or two numbers, must be refused. With both headers a server may go
by Transfer-Encoding alone, but must end the connection after its reply.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller, expect_refusal, post
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 6.1, 6.3 (rules 3 to 5) and 11.2 (request smuggling); CWE-444"
SERVICES = ("http",)
START = b"POST / HTTP/1.1\r\nHost: contract\r\n"
CODED = b"5\r\nhello\r\n0\r\n\r\n"
DOUBTFUL = (
    b"Content-Length: 5\r\nContent-Length: 1",
    b"Content-Length: 5, 1",
    b"Content-Length: -5",
    b"Content-Length: +5",
    b"Content-Length: 0x5",
    b"Content-Length: 1_0",
    b"Content-Length: 5\r\nTransfer-Encoding: xchunked",
)
BOTH = (
    b"Content-Length: 4\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 4",
    b"Transfer-Encoding: chunked\r\nContent-Length: %d" % len(CODED),
)


def check(trial: Trial) -> None:
    for lengths in DOUBTFUL:
        expect_refusal(trial, START + lengths + b"\r\n\r\nhello", f"a request with {lengths!r}")
    for lengths in BOTH:
        request = START + lengths + b"\r\n\r\n" + CODED
        with Caller(trial) as caller:
            caller.send(request + post(b"behind"))
            reply = caller.reply()
            if not reply.refuses and (reply.status, reply.body) != (200, b"HELLO"):
                words = f"a request with {lengths!r} must be refused, or go by Transfer-Encoding alone"
                raise Broken(words, sent=request, expected=b"200 HELLO", came=b"%d %b" % (reply.status, reply.body))
            caller.expect_end(f"its reply to a request with {lengths!r}")
    trial.is_well()
