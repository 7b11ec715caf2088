"""A client that half-closes without having said anything gets FIN, and no byte.

A server that expects at least one request waits for it, answers an empty one, or takes nothing for an error.
"""

from iomodels.contract.trial import Trial

REFERENCE = "RFC 9293, 3.6"


def check(trial: Trial) -> None:
    with trial.witness():
        for _ in range(3):
            with trial.connect() as client:
                client.half_close()
                client.expect_fin()
