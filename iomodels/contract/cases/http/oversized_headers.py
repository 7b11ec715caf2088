"""A head that never ends is refused, whichever part of it never ends, however much the client still sends.

The blank line that ends a head may never come. A parser with a limit for each line has none for their number, and one that
looks at its limit only when a line has ended has none at all.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.http import Caller
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "RFC 9110, 5.4 (field limits) and 15.5.15 (414); RFC 6585, 5 (431); CWE-400"
SERVICES = ("http",)
START = b"GET / HTTP/1.1\r\nHost: contract\r\n"
ENOUGH = 16 * MIB
ENDLESS = (
    ("headers without end", START, b"X: y\r\n"),
    ("a header value without end", START + b"X: ", b"y"),
    ("a header name without end", START, b"X"),
    ("a request target without end", b"GET /", b"y"),
)


def check(trial: Trial) -> None:
    with trial.witness():
        for what, start, more in ENDLESS:
            with Caller(trial) as caller:
                caller.send(start)
                sent = caller.pour(more * (64 * KIB // len(more)), ENOUGH)
                if sent == ENOUGH:
                    raise Broken(f"the server took {sent / MIB:.0f} MiB of {what}, and refused nothing", sent=start + more * 10)
                caller.expect_refusal(what)
                caller.expect_end(f"it refused {what}")
