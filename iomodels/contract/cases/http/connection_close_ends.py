"""`Connection: close` makes its request the last: its reply comes whole, then the end, and nothing behind it is answered.

The word may stand in any case, and among others. A client that has said it reads to the end of the connection, so a server that
goes on waiting leaves it hanging; a request behind it may have been put there by somebody else (some servers refuse both).
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller, post
from iomodels.contract.trial import KIB, Trial

REFERENCE = "RFC 9112, 9.6; RFC 9110, 7.6.1"
SERVICES = ("http",)
BODY = b"a" * 64 * KIB


def check(trial: Trial) -> None:
    for headers in ((b"Connection: close",), (b"Connection: x, Close",), (b"Connection: x", b"connection:CLOSE ,y")):
        said = " and ".join(map(repr, headers))
        for behind in (b"", post(b"behind")):
            with Caller(trial) as caller:
                caller.send(post(b"before"))
                caller.expect(b"BEFORE")
                caller.send(post(BODY, *headers) + behind)
                reply = caller.reply()
                if (reply.status, reply.body) != (200, BODY.upper()) and not (behind and reply.refuses):
                    raise Broken(f"a request with {said} was answered {reply.status}", expected=BODY.upper(), came=reply.body)
                caller.expect_end(f"its reply to a request with {said}")
