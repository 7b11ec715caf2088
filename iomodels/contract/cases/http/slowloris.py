"""A request dribbled without end is cut off by its deadline and told 408, wherever it has got to; others are not affected.

The clock runs from a request's first byte. A time limit for each receive never strikes, since each byte comes in time, and a
few hundred such clients hold all the connections there are (Slowloris, 2009). Between two requests there is no deadline.
"""

import time

from iomodels.contract.broken import Broken
from iomodels.contract.client import any_ready
from iomodels.contract.http import Caller, chunked, post
from iomodels.contract.trial import Trial

REFERENCE = "RFC 9110, 15.5.9 (408); nginx: client_header_timeout; this project: --request-timeout"
NEEDS = {"process", "flags"}
SERVICES = ("http",)
TIMEOUT = "0.5"
DRIBBLE = 0.02  # seconds between two bytes: many come within the time limit
OTHERS_EVERY = 10
STARTS = (
    b"POST / HTTP/1.1\r\nHost: contract\r\nX: ",
    post(b"x" * 10_000).rstrip(b"x"),
    chunked(b"ffff\r\n"),
    post(b"whole") + b"POST ",
)


def check(trial: Trial) -> None:
    other = trial.another("--request-timeout", TIMEOUT)
    with other.witness():  # who is idle all the time
        callers = [Caller(other) for _ in STARTS[: max(1, other.room(len(STARTS) + 2) - 2)]]
        left = {caller.client: (caller, start) for caller, start in zip(callers, STARTS, strict=False)}
        for caller, start in left.values():
            caller.send(start)
            if start is STARTS[-1]:
                caller.expect(b"WHOLE")
        rounds = 0
        began = time.monotonic()
        while left:
            for client in any_ready(left, DRIBBLE):
                caller, start = left.pop(client)
                reply = caller.reply()
                if reply.status != 408:
                    raise Broken(f"a request that never ends was answered {reply.status}, and not 408", sent=start)
                caller.expect_end("it cut off a request that never ends", may_reset=True)
                client.close()
            if left and time.monotonic() - began > other.patience:
                words = f"with --request-timeout {TIMEOUT}, a request dribbled for {other.patience:g} s is not cut off"
                raise Broken(words, sent=next(start for _, start in left.values()))
            for client in left:
                client.pour(b"x", 1)
            rounds += 1
            if rounds % OTHERS_EVERY == 0 and other.profile.holds(len(callers) + 2):
                other.is_well()
