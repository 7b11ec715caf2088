"""A thousand signals that mean nothing to the server disturb no conversation.

Each may cut a system call short (EINTR), or find a handler that was written for something else: SIGWINCH is sent
whenever a terminal is resized, SIGCHLD by anybody's child, SIGURG by the kernel, SIGCONT by `fg`.
"""

import contextlib
import itertools
import threading

import psutil

from iomodels.contract.server import HARMLESS
from iomodels.contract.trial import MIB, Trial

REFERENCE = "signal(7), system calls that a handler interrupts; PEP 475; UNP 5.9"
NEEDS = {"process"}
STORM = 1000


def check(trial: Trial) -> None:
    clients = trial.crowd(trial.room(2))
    calm = threading.Event()
    storm = threading.Thread(target=_rage, args=(trial.server.processes(), calm), daemon=True)
    storm.start()
    try:
        for client in clients:
            client.exchange(*trial.talk(2 * MIB))
        while storm.is_alive():
            for client in clients:
                client.exchange(*trial.talk(64))
            calm.set()
    finally:
        calm.set()
        storm.join()
    for client in clients:
        client.half_close()
        client.expect_fin()


def _rage(processes: list[psutil.Process], calm: threading.Event) -> None:
    for number in itertools.count():
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(HARMLESS[number % len(HARMLESS)])
        if number >= STORM and calm.is_set():
            return
