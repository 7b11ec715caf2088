"""Random bytes and damaged requests never end the server: each such client is let go, others are served.

Half of what is sent is noise, half are requests with some of their bytes changed, doubled or missing, which get further into a
parser before they go wrong. The same bytes are sent in every run.
"""

import random
from contextlib import suppress

from iomodels.contract.broken import Broken
from iomodels.contract.client import Client
from iomodels.contract.trial import KIB, Trial

REFERENCE = "Miller, Fredriksen, So: An Empirical Study of the Reliability of UNIX Utilities (fuzz, 1990); CWE-20"
SERVICES = ("http", "resp", "lines", "upper", "echo")
CLIENTS = 60
BATCH = 5  # at a time: they fit into the smallest backlog, socketserver's
MOST = 4 * KIB  # random bytes: they fit into any socket's buffers
DAMAGE = 5  # places in a request, at most


def check(trial: Trial) -> None:
    source = random.Random("random bytes")
    with trial.witness():
        for number in range(0, CLIENTS, BATCH):
            said = [_said(trial, source) for _ in range(BATCH)]
            clients = [trial.connect(raw=True) for _ in said]
            for client, request in zip(clients, said, strict=True):
                client.offer(request)
            for at, client in enumerate(clients):
                if (number + at) % 3 == 0:
                    client.reset()
                else:
                    _is_let_go(client, said[at])
                    client.close()
            trial.is_well()


def _is_let_go(client: Client, said: bytes) -> None:
    """The server ends the connection when the client has said all, if it has not done so before."""
    try:
        with suppress(Broken):
            client.half_close()
        client.read_to_end()
    except Broken as broken:
        raise Broken(f"a client sent what makes no sense, then FIN, and is not let go: {broken.words}", sent=said) from broken


def _said(trial: Trial, source: random.Random) -> bytes:
    """What one client says."""
    if source.random() < 0.5:
        return source.randbytes(source.randint(1, MOST))
    request, _ = trial.talk(200, tag=source.randrange(1000))
    return _damaged(trial.dialect.mixed()[0] + request, source)


def _damaged(request: bytes, source: random.Random) -> bytes:
    """`request` with bytes changed, left out and said again, here and there."""
    damaged = bytearray(request)
    for _ in range(source.randint(1, DAMAGE)):
        at = source.randrange(len(damaged))
        to = at + source.randint(1, 4)
        damaged[at:to] = source.choice((source.randbytes(to - at), b"", damaged[at:to] * 2))
    return bytes(damaged)
