"""When the last of a number of clients has left, no child is left of it, neither running nor as a zombie.

A child that has ended stays in the process table until its parent waits for it. A server that does so when the next
client comes has one zombie too many all night; one that waits for one child a signal loses those whose signals were
merged.
"""

from iomodels.contract.trial import Trial

REFERENCE = "wait(2); UNP 5.9 and 5.10: signals are not queued, so wait in a loop"
NEEDS = {"process"}
ROUNDS = 3


def check(trial: Trial) -> None:
    trial.is_well()
    trial.server.rest()
    before = trial.server.usage().children
    for _ in range(ROUNDS):
        clients = trial.crowd(trial.room(10))
        for tag, client in enumerate(clients):
            client.exchange(*trial.talk(64, tag))
        for client in clients:
            client.close()
    trial.server.reaches(
        lambda: trial.server.usage().children <= before and not trial.server.zombies(),
        lambda: f"has {trial.server.usage().children} children, {trial.server.zombies()} of them zombies, and had {before}",
    )
