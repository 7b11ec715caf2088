"""A server that was suspended and goes on, goes on with its conversations; those who came meanwhile are served.

Ctrl-Z, a debugger, a container that is paused. On Linux SIGCONT makes some waits fail with EINTR although no handler
was called, and when the server wakes everything has happened at once: data, ends, newcomers.
"""

from iomodels.contract.trial import KIB, Trial

REFERENCE = "signal(7), interruption of system calls by stop signals: epoll_wait, semop, accept with a timeout, and others"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    with trial.server.stopped():
        pass  # while it waits
    trial.is_well()
    request, reply = trial.talk(16 * KIB)
    clients = trial.crowd(trial.room(4))
    for client in clients:
        client.exchange(request, reply)
    with trial.server.stopped():
        for client in clients:
            client.send(request)
        newcomer = trial.connect()
        newcomer.send(request)
        clients[0].half_close()
    for client in clients:
        client.expect(reply, sent=request)
    clients[0].expect_fin()
    for client in clients[1:]:
        client.exchange(request, reply)
        client.half_close()
        client.expect_fin()
    newcomer.expect(reply, sent=request)
