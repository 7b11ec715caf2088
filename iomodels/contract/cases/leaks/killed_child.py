"""A child that is killed costs its own client alone; it is collected, and replaced where children are kept in stock.

The kernel kills children when memory runs out. A parent that takes the end of one for the end of all, or never forks
another, turns one client's trouble into everybody's.
"""

import os
import signal

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.trial import Trial

REFERENCE = "wait(2); UNP 30.6 (a pool of children); gunicorn#1239"
NEEDS = {"process", "linux"}


def check(trial: Trial) -> None:
    if trial.profile.isolation != "process":
        raise NotApplicable("its clients have no processes of their own")
    trial.is_well()
    trial.server.rest()
    before = trial.server.usage().children
    clients = trial.crowd(trial.room(4))
    for client in clients:
        client.exchange(*trial.talk(64))
    victim, *others = clients
    owners = trial.server.holders(trial.inode(victim))
    if len(owners) != 1 or owners[0] == trial.server.pid:
        raise Broken(f"a client is to have a process of its own, and is held by {owners}; the first one is {trial.server.pid}")
    os.kill(owners[0], signal.SIGKILL)
    victim.read_to_end()
    for client in others:
        client.exchange(*trial.talk(64))
        client.half_close()
        client.expect_fin()
    trial.server.reaches(
        lambda: trial.server.usage().children == before and not trial.server.zombies(),
        f"had {before} children before one was killed and does not come back to them",
    )
    newcomers = trial.crowd(trial.room(4))
    for client in newcomers:
        client.exchange(*trial.talk(64))
