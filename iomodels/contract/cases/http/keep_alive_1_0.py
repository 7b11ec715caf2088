"""A connection of HTTP/1.0 ends after the reply; if the client asks to keep it, it ends or persists as the reply says.

A client of HTTP/1.0 reads to the end of the connection, and hangs when it does not come. `Connection: keep-alive` in the reply
is what tells one that it need not: ab and old proxies go by it.
"""

from iomodels.contract.http import Caller, post
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 9.3 and C.2.2; RFC 1945, 1.3"
SERVICES = ("http",)
KEEP = b"Connection: Keep-Alive"


def check(trial: Trial) -> None:
    with Caller(trial) as caller:
        caller.send(post(b"only", version=b"1.0"))
        caller.expect(b"ONLY")
        caller.expect_end("a reply to HTTP/1.0")
    with Caller(trial) as caller:
        caller.send(post(b"first", KEEP, version=b"1.0"))
        if b"keep-alive" in caller.expect(b"FIRST").options():
            caller.send(post(b"second", KEEP, version=b"1.0") + post(b"last", version=b"1.0"))
            caller.expect(b"SECOND")
            caller.expect(b"LAST")
        caller.expect_end("a reply to HTTP/1.0 that does not say keep-alive")
