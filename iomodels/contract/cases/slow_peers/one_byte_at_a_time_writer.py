"""A client that sends its request byte by byte keeps nobody waiting, and is answered when its last byte has come.

Slow is not a matter of seconds here: between two of its bytes another client has a whole conversation. A server that reads on
until one client's request is complete serves nobody else until then.
"""

from iomodels.contract.trial import Trial

REFERENCE = "UNP 6.8, denial of service: a client that sends one byte, not a line, hangs a server that reads lines"
SIZE = 40


def check(trial: Trial) -> None:
    request, reply = trial.talk(SIZE)
    with trial.bystander() as other, trial.connect(no_delay=True) as client:
        for at in range(len(request)):
            client.send(request[at : at + 1])
            if at == 0:
                client.wait_until_read()
            other.exchange(*trial.talk(64, tag=at))
        client.expect(reply, sent=request)
        client.half_close()
        client.expect_fin()
