"""Ctrl-C, pressed again and again until the server is gone, ends it at once and without a traceback.

The second one arrives while the first is being dealt with: in a handler, in a `finally`, while threads are joined or
the interpreter is being taken down. The exit status may be 0 or say which signal it was.
"""

import signal
import time

from iomodels.contract.broken import Broken
from iomodels.contract.server import AT_ONCE, TRACEBACK
from iomodels.contract.trial import Trial

REFERENCE = "cpython#90467: asyncio and a second KeyboardInterrupt; bash(1): a command that a signal ends has status 128 + n"
NEEDS = {"process"}
STATUSES = (0, 128 + signal.SIGINT, -signal.SIGINT)


def check(trial: Trial) -> None:
    other = trial.another()
    for tag, client in enumerate(other.crowd(other.room(4))):
        client.exchange(*trial.talk(64, tag))
    give_up = time.monotonic() + AT_ONCE
    while other.server.status is None and time.monotonic() < give_up:
        other.server.interrupt()
    if other.server.wait(AT_ONCE) not in STATUSES or TRACEBACK in other.server.log():
        raise Broken(f"the server did not end well: {other.server.epitaph()}")
