"""Pieces and FIN that are all there before the server reads are data and then the end: every reply arrives, then FIN.

The kernel reports input and hang-up together then, and a server that looks at the hang-up first never reads the data.
Tried on a client that has not been accepted, and on one that has been served before.
"""

from iomodels.contract.client import Client
from iomodels.contract.trial import Trial

REFERENCE = "anyio#701; poll(2), POLLHUP: reads return 0 only after all outstanding data has been consumed"
NEEDS = {"process"}
PIECE = 40  # bytes


def check(trial: Trial) -> None:
    request, reply = trial.talk(400)
    with trial.server.stopped():
        newcomer = trial.connect(no_delay=True)
        _say_all(newcomer, request)
    newcomer.expect(reply, sent=request)
    newcomer.expect_fin()
    with trial.connect(no_delay=True) as client:
        client.exchange(*trial.talk(400, tag=1))
        with trial.server.stopped():
            _say_all(client, request)
        client.expect(reply, sent=request)
        client.expect_fin()


def _say_all(client: Client, request: bytes) -> None:
    for at in range(0, len(request), PIECE):
        client.send(request[at : at + PIECE])
    client.half_close()
