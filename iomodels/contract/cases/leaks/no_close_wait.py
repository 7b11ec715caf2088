"""Idle clients that end their input are let go: none of the server's ends of them stays in CLOSE_WAIT.

It lasts until the program closes, if need be for weeks; no keepalive ends it. It is what a server shows that looks for
the end of input only when it has something to say.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9293, 3.3.2 (CLOSE-WAIT) and 3.6; tcp(7)"
NEEDS = {"linux"}
CLIENTS = 20


def check(trial: Trial) -> None:
    clients = trial.crowd(trial.room(CLIENTS))
    for tag, client in enumerate(clients):
        if tag % 2:
            client.exchange(*trial.talk(64, tag))
        client.half_close()
    for client in clients[::3]:
        client.close()
    for client in clients:
        client.wait_until_let_go()
