"""A client that sends and never reads is made to wait: its sends stall, and the server grows by no more than 4 MiB.

A server that goes on reading while its replies pile up lets any client decide how much memory it spends. The kernel's buffers
on both sides are not the server's memory, and are not counted.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "RFC 9293, 3.8.6 (flow control); asyncio: pause_writing; anyio 4.16 on asyncio grew by 192 of 200 MiB (measured)"
NEEDS = {"process", "linux"}
FLOOD = 200 * MIB
GROWTH = 4 * MIB


def check(trial: Trial) -> None:
    with trial.connect(receive_buffer=64 * KIB, send_buffer=64 * KIB) as client:
        client.exchange(*trial.talk(MIB))  # what serving this client costs at all is spent now
        before = trial.server.memory()
        taken = client.fill(trial.talk(256 * KIB)[0], FLOOD)
        grown = trial.server.memory() - before
    if taken >= FLOOD:
        raise Broken(
            f"the server took {taken / MIB:.0f} MiB from a client that never read a reply, and grew by {grown / MIB:.0f} MiB"
        )
    if grown > GROWTH:
        raise Broken(f"a client sent {taken / MIB:.0f} MiB and read no reply: the server grew by {grown / MIB:.1f} MiB")
    trial.is_well()
