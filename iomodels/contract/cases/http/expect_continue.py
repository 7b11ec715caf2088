"""A client that sends `Expect: 100-continue` and no body yet is invited, or answered at once: it is not left to wait.

curl asks before a large body; without an answer it waits for a second, others for ever. A client of HTTP/1.0 does not know the
invitation, and would take it for the reply.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller, post
from iomodels.contract.trial import KIB, Trial

REFERENCE = "RFC 9110, 10.1.1 and 15.2.1; curl: --expect100-timeout"
SERVICES = ("http",)
BODY = b"a" * 4 * KIB
EXPECT = b"Expect: 100-continue"


def check(trial: Trial) -> None:
    request = post(BODY, EXPECT)
    with Caller(trial) as caller:
        caller.send(request.removesuffix(BODY))
        reply = caller.reply(interim=True)
        if reply.status == 100:
            caller.send(BODY)
            caller.expect(BODY.upper())
            caller.send(request + post(b"behind"))
            caller.expect(BODY.upper())
            caller.expect(b"BEHIND")
        elif not reply.refuses:
            raise Broken(f"a request without its body was answered {reply.status}", sent=request.removesuffix(BODY))
    with Caller(trial) as caller:
        caller.send(post(BODY, EXPECT, version=b"1.0"))
        reply = caller.reply(interim=True)
        if (reply.status, reply.body) != (200, BODY.upper()):
            raise Broken(
                f"a client of HTTP/1.0 that expects 100 was answered {reply.status}", expected=BODY.upper(), came=reply.body
            )
