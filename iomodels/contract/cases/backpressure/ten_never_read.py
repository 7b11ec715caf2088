"""Ten clients that send and never read are made to wait all at once, and the server grows by no more than 2 MiB for each.

A bound that is kept for each client by itself, and not by luck of the first: buffers, threads and queues add up.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.client import fill
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "RFC 9293, 3.8.6 (flow control); asyncio: a writer without drain() grows without bound"
NEEDS = {"process", "linux"}
CLIENTS = 10
FLOOD = 40 * MIB  # each
GROWTH = 2 * MIB  # each: what a library reads at a time, and its copies


def check(trial: Trial) -> None:
    trial.needs_room_for(CLIENTS)
    clients = [trial.connect(receive_buffer=64 * KIB, send_buffer=64 * KIB) for _ in range(CLIENTS)]
    for client in clients:
        client.exchange(*trial.talk(256 * KIB))
    before = trial.server.memory()
    taken = fill(clients, trial.talk(256 * KIB)[0], FLOOD)
    grown = trial.server.memory() - before
    if max(taken) >= FLOOD:
        raise Broken(
            f"the server took {sum(taken) / MIB:.0f} MiB from {CLIENTS} clients that read no reply: it holds none of them back"
        )
    if grown > CLIENTS * GROWTH:
        raise Broken(
            f"{CLIENTS} clients sent {sum(taken) / MIB:.0f} MiB and read no reply: the server grew by {grown / MIB:.1f} MiB"
        )
    for client in clients:
        client.close()
    trial.is_well()
