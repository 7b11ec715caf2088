"""Requests cut in two, between any two bytes, are answered as if they had come whole.

The second piece is sent when the server has read the first (where that can be seen). The borders that break servers are
few and differ from one to the next: between CR and LF, inside a length, before the last byte, right behind a whole
request.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9293, 3.7: TCP carries a stream and keeps no borders"


def check(trial: Trial) -> None:
    request, reply = trial.dialect.mixed()
    with trial.connect(no_delay=True) as client:
        for border in range(1, len(request)):
            client.send(request[:border])
            client.wait_until_read()
            client.send(request[border:])
            client.expect(reply, sent=request[:border])
        client.half_close()
        client.expect_fin()
