"""A request of HTTP/1.1 without a Host header, or with two, is answered 400; one of HTTP/1.0 needs none.

Which site is meant is what Host says; a server that guesses serves one site's page to another's visitors.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 3.2"
SERVICES = ("http",)
HOST = b"Host: contract\r\n"


def check(trial: Trial) -> None:
    for hosts in (0, 2):
        request = b"POST / HTTP/1.1\r\n" + hosts * HOST + b"Content-Length: 3\r\n\r\nabc"
        with Caller(trial) as caller:
            caller.send(request)
            reply = caller.reply()
            if reply.status != 400:
                raise Broken(f"a request with {hosts} Host headers was answered {reply.status}, not 400", sent=request)
            caller.client.half_close()
            caller.expect_end("it refused a request, and the client's end")
    with Caller(trial) as caller:
        caller.send(b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")
        caller.expect(b"ABC")
        caller.expect_end("a request of HTTP/1.0")
