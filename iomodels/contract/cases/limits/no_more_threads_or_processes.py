"""When there can be no more threads or processes a newcomer is served, waits or is turned away; others are served on.

pthread_create and fork fail with EAGAIN, in Python as RuntimeError and BlockingIOError. It comes in the accept loop, after
accept: a server that does not expect it ends, or keeps a client whom nobody will ever serve.

The limit does not bind root, so a server of root's is started as a user who has no other process.
"""

import contextlib
import os
import resource
import shutil
import subprocess

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.server import Server, ServerError
from iomodels.contract.trial import Trial

REFERENCE = "getrlimit(2), RLIMIT_NPROC; pthread_create(3) and fork(2), EAGAIN; setrlimit(2): not enforced for CAP_SYS_RESOURCE"
NEEDS = {"process", "linux"}
CLIENTS = 4  # they fit into the smallest backlog, socketserver's
FIRST_UID = 20_000  # from here on nobody has a name; the harness's process id makes the number its own


def check(trial: Trial) -> None:
    for program in ("prlimit", "setpriv"):
        if shutil.which(program) is None:
            raise NotApplicable(f"needs the program {program} (util-linux)")
    before = _as_ordinary_user() if os.geteuid() == 0 else []
    try:
        other = trial.another(before=before)
    except ServerError as error:
        if not before:
            raise
        raise NotApplicable(f"the limit does not bind root, and the server does not start as anybody else: {error}") from error
    other.is_well()
    inside = other.crowd(other.room(2))
    for number, client in enumerate(inside):
        client.exchange(*other.talk(64, tag=number))
    _limit(other.server, "1", before)  # it has more already, so no more are granted
    newcomers = []
    for number in range(CLIENTS):
        client = other.connect()
        request, reply = other.talk(64, tag=number)
        with contextlib.suppress(Broken):  # it may be cut already
            client.offer(request)
        newcomers.append((client, reply))
    for number, client in enumerate(inside):
        client.exchange(*other.talk(64, tag=number))
    most = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    _limit(other.server, "unlimited" if most == resource.RLIM_INFINITY else str(most), before)
    for client in inside:
        client.close()
    for client, reply in newcomers:
        client.is_answered(reply)
        client.close()
    other.is_well()


def _limit(server: Server, most: str, before: list[str]) -> None:
    """Set the soft limit of the whole tree, as the user whose it is."""
    for process in server.processes():
        command = [*before, "prlimit", "--pid", str(process.pid), f"--nproc={most}:"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotApplicable(f"its limit cannot be set: {done.stderr.strip()}")


def _as_ordinary_user() -> list[str]:
    """Words that run a command as a user without any other process, who may still read the files that root may."""
    user = FIRST_UID + os.getpid() % 40_000
    ids = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    return ["setpriv", *ids, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"]
