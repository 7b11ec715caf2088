"""Every reply to what was sent before a half-close arrives, then FIN.

A client that has said all sends FIN and reads on; `nc -N`, `curl` and every HTTP/1.0 client do. A server that takes
end of input for the end of the conversation loses the replies it still owes.
"""

from iomodels.contract.trial import KIB, Trial

REFERENCE = "RFC 9293, 3.6; UNP 6.6 (half-close)"


def check(trial: Trial) -> None:
    request, reply = trial.talk(4 * KIB)
    with trial.connect() as client:
        client.send(request)
        client.half_close()
        client.expect(reply, sent=request)
        client.expect_fin()
