"""200 clients that connect in one instant are all served, at once or in turn.

None may be refused, cut off or forgotten by a listener that accepts one client for each readiness. With a short backlog, such
as socketserver's 5, the kernel drops SYNs, which clients repeat a second later, and resets some of those it had let in.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.client import Client, any_ready
from iomodels.contract.trial import Trial

REFERENCE = "listen(2); epoll(7): accept until EAGAIN when edge-triggered; cpython: socketserver's request_queue_size is 5"
BURST = 200


def check(trial: Trial) -> None:
    waiting: dict[Client, bytes] = {}
    with trial.together():
        clients = trial.rush(BURST)
    for number, client in enumerate(clients):
        request, reply = trial.talk(64, tag=number)
        client.send(request)
        client.half_close()
        waiting[client] = reply
    while waiting:
        ready = any_ready(waiting, trial.patience)
        if not ready:
            raise Broken(f"{len(waiting)} of {BURST} clients that came at once are not served {trial.patience:g} s later")
        for client in ready:
            if not client.is_answered(waiting.pop(client)):
                raise Broken(f"one of {BURST} clients that came at once was turned away: its backlog may be too short")
            client.expect_fin()
            client.close()
