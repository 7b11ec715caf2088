"""A length that is announced costs no memory before the data comes.

`bytearray(n)` and `[None] * n` cost the server what the client has not sent: thirty bytes for half a gigabyte, again and again.
Announced is what Redis takes; a server may refuse it, or wait for it.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.resp import PING, PONG
from iomodels.contract.trial import MIB, Trial

REFERENCE = "CVE-2021-32675 (Redis allocated what a client announced); CWE-789"
NEEDS = {"process", "linux"}
SERVICES = ("resp",)
ANNOUNCED = (b"*1048576\r\n", b"*2\r\n$4\r\nECHO\r\n$536870912\r\n", b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$400000\r\n")
CLIENTS = 12
GROWTH = 4 * MIB
SOON = 0.3  # seconds for what has been read to be acted upon, if the server never sleeps


def check(trial: Trial) -> None:
    for request in ANNOUNCED:
        clients = trial.crowd(trial.room(CLIENTS))
        for client in clients:
            client.exchange(PING, PONG)
        before = trial.server.memory()
        for client in clients:
            client.send(request)
        for client in clients:
            client.wait_until_read()
        trial.server.rest(SOON)
        grown = trial.server.memory() - before
        for client in clients:
            client.close()
        if grown > GROWTH:
            words = f"{len(clients)} clients announced what they did not send, and the server grew by {grown / MIB:.1f} MiB"
            raise Broken(words, sent=request)
    trial.is_well()
