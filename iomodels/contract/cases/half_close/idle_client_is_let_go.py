"""The server lets go of clients that half-close while idle, though they keep their own ends open.

A server that takes the end of input for silence leaves the connection in CLOSE_WAIT, in which the kernel waits for the
program; one that says FIN and forgets the socket keeps its descriptor. Either runs out of descriptors in the end.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9293, 3.3.2 (CLOSE-WAIT); UNP 2.6"
NEEDS = {"process"}
CLIENTS = 10


def check(trial: Trial) -> None:
    before = trial.server.usage().descriptors
    for _ in range(CLIENTS):
        client = trial.connect()
        client.exchange(*trial.talk(64))
        client.half_close()
        client.expect_fin()
    trial.server.reaches(
        lambda: trial.server.usage().descriptors <= before,
        f"held {before} descriptors before {CLIENTS} clients that half-closed and got FIN, and holds more after them",
    )
