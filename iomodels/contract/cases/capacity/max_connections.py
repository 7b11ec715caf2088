"""With --max-connections 3 the fourth client waits in the backlog, unaccepted, and is served when one of the three leaves.

Accepting and then looking whether there is room costs a descriptor and tells the client that it is served. What has not been
accepted may still be taken by another process, or by nobody: then it is the client's own deadline that decides.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.client import any_ready
from iomodels.contract.trial import Trial

REFERENCE = "listen(2); this project: --max-connections, the surplus waits in the backlog"
NEEDS = {"process", "flags", "linux"}
MOST = 3
SURPLUS = 2


def check(trial: Trial) -> None:
    other = trial.another("--max-connections", str(MOST))
    inside = other.crowd(other.room(MOST))
    for number, client in enumerate(inside):
        client.exchange(*other.talk(64, tag=number))
    replies = {}
    for number in range(SURPLUS):
        request, reply = other.talk(64, tag=MOST + number)
        client = other.connect()
        client.send(request)
        replies[client] = reply
    other.serve_meanwhile(inside)
    queued = other.server.queued()
    if queued != SURPLUS or any_ready(replies, 0):
        raise Broken(f"{len(inside)} clients are served, {SURPLUS} more came, and {queued} of them wait in the accept queue")
    for _ in range(SURPLUS):
        inside.pop(0).close()
        ready = any_ready(replies, other.patience)
        if not ready:
            raise Broken(f"one client left, and none of {len(replies)} in the backlog is served {other.patience:g} s later")
        ready[0].expect(replies.pop(ready[0]))
        inside.append(ready[0])
