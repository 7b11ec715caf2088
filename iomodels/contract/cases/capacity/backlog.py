"""With --backlog 5 and nobody accepting, six clients connect and a seventh does not; the six are served later.

The kernel completes connections by itself: a client that has connected has not been accepted. Linux lets one more in than the
backlog says, and ignores the SYN of the next.
"""

import socket

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "listen(2); UNP 4.5, figure 4.10 (Linux: backlog + 1); tcp(7), tcp_abort_on_overflow"
NEEDS = {"process", "flags", "linux"}
BACKLOG = 5
ESTABLISHED = 1  # TCP_INFO's first byte, net/tcp_states.h


def check(trial: Trial) -> None:
    other = trial.another("--backlog", str(BACKLOG))
    other.is_well()
    with other.server.stopped():
        clients = other.crowd(BACKLOG + 1)
        queued = other.server.queued()
        with socket.socket() as surplus:
            surplus.setblocking(False)
            surplus.connect_ex(other.address)
            state = surplus.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    if queued != BACKLOG + 1:
        raise Broken(f"{BACKLOG + 1} clients connected while the server was stopped, and {queued} wait in its accept queue")
    if state == ESTABLISHED:
        raise Broken(f"with a backlog of {BACKLOG} and {queued} clients waiting, one more could connect: it is longer")
    for number, client in enumerate(clients):
        client.exchange(*other.talk(64, tag=number))
        client.close()
