"""When a server has ended nothing of it is left: no child, no thread, no listener.

An orphan that still accepts answers the clients of the next release with the code of the last one.
"""

import signal

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "UNP 5.9 (wait for children); gunicorn#792"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    other = trial.another()
    for tag, client in enumerate(other.crowd(other.room(4))):
        client.exchange(*trial.talk(64, tag))
    family = other.server.processes()
    other.server.signal(signal.SIGTERM)
    other.server.expect_end()
    if left := other.server.survivors(family):
        raise Broken(f"the server has ended, and {len(left)} of its processes run on: {', '.join(map(str, left))}")
    if not other.is_refused():
        raise Broken("the server has ended, and somebody still listens on its port")
