"""A client that sends at full speed from its first byte, and never reads, is bounded like one that was served before.

What holds a sender back is often armed by the first reply, or by the first read that somebody awaits: until then the library's
own buffer takes all that comes.
"""

from iomodels.contract.broken import Broken
from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = (
    "anyio 4.16 on asyncio: accepted streams start un-paused, so a flood is buffered before the first receive (measured)"
)
NEEDS = {"process", "linux"}
FLOOD = 200 * MIB
GROWTH = 4 * MIB


def check(trial: Trial) -> None:
    with trial.connect() as guest:
        guest.exchange(*trial.talk(MIB))
        before = trial.server.memory()  # with a client, because a client may cost a thread or a process
        guest.half_close()
        guest.expect_fin()
    with trial.connect(receive_buffer=64 * KIB, send_buffer=64 * KIB) as client:
        taken = client.fill(trial.talk(256 * KIB)[0], FLOOD)
        grown = trial.server.memory() - before
    if taken >= FLOOD:
        raise Broken(
            f"the server took {taken / MIB:.0f} MiB from a client that never read a reply, and grew by {grown / MIB:.0f} MiB"
        )
    if grown > GROWTH:
        raise Broken(f"a client sent {taken / MIB:.0f} MiB from its first byte on: the server grew by {grown / MIB:.1f} MiB")
    trial.is_well()
