"""Clients still queued when SIGTERM comes are served or sent away: none waits for ever, none gets half a reply.

They have connected and sent, and nobody has accepted them. Whether they are answered is the server's choice; that they
hear of its end is not.
"""

import signal

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "accept(2), listen(2): the queue; cpython#109564, #120866"
NEEDS = {"process"}
QUEUED = 5


def check(trial: Trial) -> None:
    other = trial.another()
    for tag, client in enumerate(other.crowd(other.room(4))):
        client.exchange(*trial.talk(64, tag))
    request, reply = trial.talk(64)
    with other.server.stopped():
        clients = other.crowd(QUEUED)
        for client in clients[1:]:
            client.send(request)
        other.server.signal(signal.SIGTERM)
    for client in clients:
        came, _ = client.read_to_end()
        if came not in (b"", reply):
            raise Broken("a queued client got neither its reply nor nothing", sent=request, expected=reply, came=came)
    other.server.expect_end()
