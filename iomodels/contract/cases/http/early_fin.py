"""FIN right behind a whole request does not stop its reply; a part of one is not executed, and the end comes.

Some clients close their side as soon as they have asked, and a proxy passes that on. But a body that FIN cuts short is not the
body: a server that takes the end of input for its end acts upon half an order.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller, chunked, post
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 8 (incomplete messages) and 9.6; RFC 9293, 3.6 (half-close)"
SERVICES = ("http",)
REFUSAL = b"HTTP/1.1 4"
CHUNKS = chunked(b"5\r\nwhole\r\n0\r\n\r\n")


def check(trial: Trial) -> None:
    for request in (post(b"whole"), CHUNKS):
        with Caller(trial) as caller:
            caller.send(request)
            caller.client.half_close()
            caller.expect(b"WHOLE")
            caller.expect_end("the client's end")
    for part in (post(b"a half")[:-3], chunked(b"5\r\nhello\r\n"), CHUNKS[:-2], post(b"")[:-2], b"POST"):
        with Caller(trial) as caller:
            caller.send(post(b"whole") + part)
            caller.client.half_close()
            caller.expect(b"WHOLE")
            came = caller.rest("the client's end")
            if came and not came.startswith(REFUSAL):
                raise Broken("a request that FIN cut short was answered as if it were whole", sent=part, came=came)
