"""A client that never reads keeps a stopping server for the time of grace, no shorter and no longer; exit status 0.

Waiting for ever hands the decision to the slowest client; not waiting at all takes their replies from all the others.
"""

import signal
import time

from iomodels.contract.broken import Broken
from iomodels.contract.server import AT_ONCE
from iomodels.contract.trial import KIB, Trial

REFERENCE = "systemd.service(5), TimeoutStopSec; gunicorn's graceful_timeout"
NEEDS = {"process", "flags"}
GRACE = 0.3


def check(trial: Trial) -> None:
    other = trial.another("--grace", str(GRACE))
    _, reply = trial.talk(256 * KIB)
    with other.stuck() as client:
        began = time.monotonic()
        other.server.signal(signal.SIGTERM)
        other.server.expect_end(GRACE + AT_ONCE)
        seconds = time.monotonic() - began
        came, _ = client.read_to_end()
    if seconds < GRACE:
        raise Broken(f"the server ended {seconds:.3f} s after SIGTERM, and a busy client has {GRACE:g} s")
    expected = reply * (len(came) // len(reply) + 1)
    if not expected.startswith(came):
        raise Broken("what came is not the beginning of the reply", expected=expected, came=came)
