"""Writing to a client that has gone ends neither the server (EPIPE, SIGPIPE) nor anybody else's conversation.

The client says much, half-closes, and has gone before the first reply. That one is answered with RST; the next write
fails with EPIPE and raises SIGPIPE, which ends a program that does not ignore it, as Python does and C does not.
"""

from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "send(2), EPIPE; signal(7), SIGPIPE; UNP 5.13"
CLIENTS = 5


def check(trial: Trial) -> None:
    request, _ = trial.talk(256 * KIB)
    with trial.witness():
        for _ in range(CLIENTS):
            with trial.connect() as client:
                # Kernel fact: RST after FIN means EPIPE, RST before FIN means ECONNRESET. So the FIN must have arrived when the
                # server writes; a connection that has carried much has a buffer large enough for what comes before it.
                client.exchange(*trial.talk(4 * MIB))
                with trial.together():
                    client.offer(request)
                    client.half_close()
                    client.close()
