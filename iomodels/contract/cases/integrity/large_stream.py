"""24 MiB of random bytes, sent and read at once, come back whole and in order."""

from iomodels.contract.trial import MIB, Trial

REFERENCE = "send(2): a short count is not an error; 500 KiB to 2.5 MiB fit into loopback buffers, so less proves nothing"


def check(trial: Trial) -> None:
    with trial.connect() as client:
        client.exchange(*trial.talk(24 * MIB))
        client.half_close()
        client.expect_fin()
