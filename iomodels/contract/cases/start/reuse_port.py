"""Two servers with --reuse-port share a port: each is given clients, and when one stops the other has them all.

This is how a new release takes over from an old one without a gap. Without the option the second must be refused (see
port-in-use): the kernel would hand half of the clients to a server that was forgotten.
"""

import signal

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "socket(7), SO_REUSEPORT"
NEEDS = {"process", "flags", "linux"}
CLIENTS = 64  # the chance that all of them are given to the same one is 2 to the power of -63


def check(trial: Trial) -> None:
    first = trial.another("--reuse-port")
    second = trial.another("--reuse-port", port=first.address[1])
    owners = set()
    for _ in range(CLIENTS):
        with first.connect() as client:
            client.exchange(*trial.talk(64))
            inode = first.inode(client)
            owners |= {other for other in (first, second) if other.server.holders(inode)}
        if len(owners) == 2:
            break
    else:
        raise Broken(f"two servers on one port with --reuse-port, and one of them was given all of {CLIENTS} clients")
    first.server.signal(signal.SIGTERM)
    first.server.expect_end()
    for _ in range(8):
        second.is_well()
