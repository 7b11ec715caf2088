"""Thirty clients that reset their connections in the same instant harm nobody.

A poller reports many of them in one list, and dealing with one must neither make the rest of the list wrong nor take
long. A model that holds fewer clients is tried with as many as leave room for a bystander.
"""

from iomodels.contract.trial import Trial

REFERENCE = "epoll(7), event cache: a descriptor closed while its event waits in the list"
CLIENTS = 30


def check(trial: Trial) -> None:
    trial.needs_room_for(2)
    request, reply = trial.talk(64)
    with trial.witness():
        clients = trial.crowd(trial.room(CLIENTS + 1) - 1)
        for client in clients:
            client.exchange(request, reply)
            client.send(request[: len(request) // 2])
        with trial.together():
            for client in clients:
                client.reset()
