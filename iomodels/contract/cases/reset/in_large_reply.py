"""A client that resets the connection in the middle of a large reply harms nobody.

The server can send no more at that moment, so it waits to write, or sleeps in send; the error comes where it expects a
count.
"""

from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "send(2), ECONNRESET; UNP 5.13"


def check(trial: Trial) -> None:
    request, reply = trial.talk(8 * MIB)
    with trial.witness():
        client = trial.connect(receive_buffer=32 * KIB, send_buffer=64 * KIB)
        client.fill(request, len(request))
        client.expect(reply[:KIB], sent=request)
        client.reset()
