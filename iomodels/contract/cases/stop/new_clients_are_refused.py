"""From SIGTERM on new clients are refused, although the server still owes a reply to one that it has.

A listener that stays open while its server drains takes clients in whom nobody will serve: they hang, where a refusal
would send them to another server at once.
"""

from iomodels.contract.trial import Trial

REFERENCE = "listen(2): the kernel completes connections that nobody accepts; cpython#79033 (Server.close and wait_closed)"
NEEDS = {"process"}


def check(trial: Trial) -> None:
    other = trial.another()
    with other.stuck():
        other.begin_stop()
    other.server.expect_end()
