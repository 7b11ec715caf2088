"""500 connections that say nothing do not disturb the one that does, and are served when they speak.

Most connections are idle most of the time. Half of these have been served once, half have only connected.
"""

from iomodels.contract.trial import Trial

REFERENCE = "UNP 6.3 and 6.10 (a set of descriptors, most of them quiet); Kegel, The C10K problem"
IDLE = 500
IDLE_PROCESSES = 100  # where each costs a process
ROUNDS = 200


def check(trial: Trial) -> None:
    count = IDLE if trial.profile.isolation == "none" else IDLE_PROCESSES
    trial.needs_room_for(count + 1)
    idle = []
    for number in range(count):
        idle.append(trial.connect())
        if number % 2:
            idle[-1].exchange(*trial.talk(64))
    with trial.connect() as active:
        for number in range(ROUNDS):
            active.exchange(*trial.talk(64, tag=number))
    for number, client in enumerate(idle):
        client.exchange(*trial.talk(64, tag=number))
