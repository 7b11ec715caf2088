"""While one client sends and never reads, the others, old and new, are served as if it were not there.

A server of one thread that sends until all has gone, on a blocking socket or in a loop, waits for the one client that does not
read.
"""

from iomodels.contract.trial import KIB, MIB, Trial

REFERENCE = "UNP 16.2 (a blocking writen stalls the whole server); RFC 9293, 3.8.6"
ROUNDS = 50


def check(trial: Trial) -> None:
    with trial.bystander() as other, trial.connect(receive_buffer=64 * KIB, send_buffer=64 * KIB) as client:
        client.fill(trial.talk(256 * KIB)[0], 64 * MIB)
        for number in range(ROUNDS):
            other.exchange(*trial.talk(64, tag=number))
        if trial.profile.holds(3):
            trial.is_well()
