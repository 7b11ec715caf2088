"""A head that is not HTTP is refused, and nothing behind it is answered; a CR by itself never ends a line.

Each of these is read in two ways by two servers in a row, and where they disagree a request can be hidden. A CR by itself may
be refused or taken for a blank, so it is looked at for itself: if it ended a line, a Content-Length would follow and swallow
the next request.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller, expect_refusal, post
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 2.2 (bare CR), 3, 5.1 (blank before the colon), 11.2; RFC 9110, 5.5 (CR, LF and NUL)"
SERVICES = ("http",)
START = b"POST / HTTP/1.1\r\nHost: contract\r\n"
BARE_CR = b"GET / HTTP/1.1\r\nHost: contract\r\nX: a\rContent-Length: 10\r\n\r\n"
MALFORMED = (
    START + b"Content-Length : 0\r\n\r\n",
    START + b"no colon\r\n\r\n",
    START + b": no name\r\n\r\n",
    START + b"X: \x00\r\n\r\n",
    b"POST\r\n\r\n",
    b"POST / HTTX/1.1\r\nHost: contract\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
)


def check(trial: Trial) -> None:
    for head in MALFORMED:
        expect_refusal(trial, head, f"the head {head!r}")
    with Caller(trial) as caller:
        caller.send(BARE_CR + post(b"behind"))
        if caller.reply("GET").status == 400:
            caller.expect_end("it refused a CR by itself")
        elif (reply := caller.reply()).body != b"BEHIND":
            words = "a CR by itself ended a line of the first of two requests: the second was not understood"
            raise Broken(words, sent=BARE_CR, expected=b"200 BEHIND", came=b"%d %b" % (reply.status, reply.body))
    trial.is_well()
