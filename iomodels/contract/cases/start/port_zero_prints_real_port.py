"""With --port 0 the ready line has the port that was picked, and nothing else is ever written to standard output.

Whoever starts it reads the port from there; a log line among it, or a second ready line from a worker, and the reader
connects to the wrong place.
"""

import signal

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "bind(2), ip(7): port 0 picks an ephemeral port; getsockname(2) tells which"
NEEDS = {"process", "flags"}


def check(trial: Trial) -> None:
    other = trial.another("--port", "0")
    for each in (trial, other):
        each.is_well()
    if other.address[1] == trial.address[1]:
        raise Broken(f"two servers that run at once say that they listen on {other.address[1]}")
    other.server.signal(signal.SIGTERM)
    other.server.expect_end()
    if more := other.server.rest_of_output():
        raise Broken("the server wrote more than its ready line to standard output", expected=b"", came=more)
