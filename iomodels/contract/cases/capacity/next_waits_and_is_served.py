"""When there is room for no more, the next client waits unanswered, and is served as soon as one leaves.

A bounded model that turns the surplus away, or forgets it, loses clients whenever it is busy.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.client import any_ready
from iomodels.contract.trial import Trial

REFERENCE = "listen(2): the backlog; UNP 30.6 to 30.12 (preforked and prethreaded servers)"
BOUNDED = 200
NEXT = 3


def check(trial: Trial) -> None:
    room = trial.profile.capacity
    if not isinstance(room, int) or room > BOUNDED:
        raise NotApplicable(f"it holds {room} conversations: too many to fill it")
    inside = trial.crowd(room)
    for number, client in enumerate(inside):
        client.exchange(*trial.talk(64, tag=number))
    replies = {}
    for number in range(NEXT):
        request, reply = trial.talk(64, tag=room + number)
        client = trial.connect()
        client.send(request)
        replies[client] = reply
    trial.serve_meanwhile(inside)
    if any_ready(replies, 0):
        raise Broken(
            f"the profile says that it holds {room} at once, and it answered or ended one more: its capacity is another"
        )
    while replies:
        inside.pop(0).close()
        ready = any_ready(replies, trial.patience)
        if len(ready) != 1:
            raise Broken(f"one client left, {len(replies)} waited: {len(ready)} were answered, where one must be")
        ready[0].expect(replies.pop(ready[0]))
        inside.append(ready[0])
