"""A client that resets the connection before the server accepts it harms nobody, least of all those queued behind it.

accept fails with ECONNABORTED (BSD), or returns a socket (Linux) of which getpeername fails with ENOTCONN and the first
read with ECONNRESET. A listener that made select return may have nobody to accept any more.
"""

from iomodels.contract.trial import Trial

REFERENCE = "accept(2), ECONNABORTED; UNP 5.11, 16.6"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    request, reply = trial.talk(64)
    with trial.witness():
        with trial.server.stopped():
            for said in (b"", request, request[:1]):
                client = trial.connect()
                client.send(said)
                client.reset()
            behind = trial.connect()
            behind.send(request)
        behind.expect(reply, sent=request)
        behind.half_close()
        behind.expect_fin()
