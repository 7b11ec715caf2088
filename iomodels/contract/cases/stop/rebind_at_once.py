"""A server that was stopped starts again on the same port at once, time after time.

The side that closes first keeps the connection in TIME_WAIT for a minute, and at a stop that is the server: without
SO_REUSEADDR its port is taken until then. So it is for as long as a child holds on to the listener.
"""

import signal

from iomodels.contract.trial import Trial

REFERENCE = "UNP 7.5 (SO_REUSEADDR); RFC 9293, 3.6.1"
NEEDS = {"process"}
TIMES = 2  # once after a fresh start and once after a restart; each costs the start of an interpreter


def check(trial: Trial) -> None:
    other = trial.another()
    for _ in range(TIMES):
        with other.connect() as client:
            client.exchange(*trial.talk(64))
            other.server.signal(signal.SIGTERM)
            other.server.expect_end()
            client.expect_fin()
        other = trial.another(port=other.server.port)
    other.is_well()
