"""When slow clients take all the room there is, those who come wait, and are served after them: none is refused or lost.

A model that holds few clients is not wrong, it is sequential. Then the backlog is its waiting room, and what clients say and
whether they leave while they wait is found when their turn comes.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.client import any_ready
from iomodels.contract.trial import Trial

REFERENCE = "listen(2); UNP 4.5 (the backlog), 30.5 (iterative servers)"
BOUNDED = 64  # a model with room for more than that is not filled here
WAITING = 4  # they fit into the smallest backlog, socketserver's, with the one who leaves


def check(trial: Trial) -> None:
    room = trial.profile.capacity
    if not isinstance(room, int) or room > BOUNDED:
        raise NotApplicable(f"it holds {room} conversations: nobody has to wait for a slow one")
    slow = trial.crowd(room)
    request, reply = trial.talk(64)
    for client in slow:
        client.exchange(request, reply)
        client.send(request[:1])
    waiting = {}
    for number in range(WAITING):
        question, answer = trial.talk(64, tag=number)
        client = trial.connect()
        client.send(question)
        client.half_close()
        waiting[client] = (question, answer)
    trial.connect().reset()  # one who does not wait
    for at in range(1, len(request)):
        for client in slow:
            client.send(request[at : at + 1])
    for client in slow:
        client.expect(reply, sent=request)
    trial.serve_meanwhile(slow)
    if any_ready(waiting, 0):
        raise Broken(
            f"the profile says that it holds {room} at once, and it answered or ended one more: its capacity is another"
        )
    for client in slow:
        client.close()
    while waiting:
        ready = any_ready(waiting, trial.patience)
        if not ready:
            raise Broken(f"{len(waiting)} clients who waited are not served {trial.patience:g} s after the slow ones left")
        for client in ready:
            question, answer = waiting.pop(client)
            client.expect(answer, sent=question)
            client.expect_fin()
            client.close()
