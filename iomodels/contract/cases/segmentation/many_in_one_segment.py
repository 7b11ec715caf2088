"""Requests that arrive together are all answered, without more input.

A server that answers one request for each receive leaves the others in its buffer until the client sends again, and the
client waits for replies before it does.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9112, 9.3.2 (pipelining); fopnp: two questions in one segment were answered by one of six servers"
SERVICES = ("lines", "http", "resp")
TIMES = 4


def check(trial: Trial) -> None:
    request, reply = trial.dialect.mixed()
    with trial.connect() as client:
        client.send(request * TIMES)
        client.expect(reply * TIMES, sent=request * TIMES)
        client.half_close()
        client.expect_fin()
