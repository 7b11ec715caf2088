"""HEAD is answered with the status and headers of GET and no body, so that the reply behind it is found.

A client that has said HEAD takes the first byte after the blank line for the next reply. The Content-Length is that of the body
which GET would have brought, and is no reason to send one.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller, post
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9110, 9.3.2 (HEAD) and 8.6 (Content-Length); RFC 9112, 6.3 (rule 1)"
SERVICES = ("http",)


def check(trial: Trial) -> None:
    for target in (b"/", b"/not/there"):
        head = b"HEAD %b HTTP/1.1\r\nHost: contract\r\n\r\n" % target
        get = head.replace(b"HEAD", b"GET")
        with Caller(trial) as caller:
            caller.send(head + get + head + post(b"behind"))
            replies = [caller.reply(method) for method in ("HEAD", "GET", "HEAD")]
            caller.expect(b"BEHIND")
            statuses = {reply.status for reply in replies}
            if len(statuses) != 1:
                raise Broken(f"HEAD, GET and HEAD of one target were answered {statuses}", sent=head + get + head)
            announced = replies[0].headers.get(b"content-length")
            length = b"%d" % len(replies[1].body)
            if announced not in (None, length):
                raise Broken("the Content-Length of HEAD is not GET's", sent=head + get, expected=length, came=announced)
            caller.client.half_close()
            caller.expect_end("the client's end")
