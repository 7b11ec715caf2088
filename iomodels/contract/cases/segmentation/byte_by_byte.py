"""Requests that arrive one byte at a time are answered as if they had come whole.

Each byte is sent when the server has read the one before (where that can be seen), so the server does receive them one
by one.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9293, 3.7: TCP carries a stream and keeps no borders; UNP 3.9 (readn)"


def check(trial: Trial) -> None:
    request, reply = trial.dialect.mixed()
    with trial.connect(no_delay=True) as client:
        for at in range(len(request)):
            client.send(request[at : at + 1])
            client.wait_until_read()
        client.expect(reply, sent=request)
        client.half_close()
        client.expect_fin()
