"""Servers without the start of an interpreter: what a module imports is imported once, and each server is a fork of that.

A column of the matrix starts forty servers, and most of what that costs is imports. A program that is started so is what
`python -m MODULE` is, in a session and with descriptors of its own; how it refuses to start is asked of the true command.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["ForkServer", "Forked", "Process"]

PROGRAM = Path(__file__).with_name("_forks.py")
LONGEST = 60.0  # seconds that imports may take on a busy machine
MOST = 64  # bytes of a pid, or of an exit status


class Forked:
    """A program that a fork server runs: what is used of `subprocess.Popen` elsewhere.

    pid: of the process. returncode: its exit status once its end is known (negative: the signal that ended it), else None.
    """

    def __init__(self, pid: int, statuses: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._statuses = statuses

    def poll(self) -> int | None:
        """Its exit status if it has ended, else None."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended; raises TimeoutExpired if it has not within `timeout` seconds."""
        if (status := self._look(timeout)) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return status

    def terminate(self) -> None:
        """Send it SIGTERM, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # its status is on its way
                os.kill(self.pid, signal.SIGTERM)

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and _is_readable(self._statuses, timeout):
            # Without a status its fork server has ended, and nobody knows any more how it did.
            self.returncode = int(os.read(self._statuses, MOST) or -signal.SIGKILL)
            os.close(self._statuses)
        return self.returncode


Process = subprocess.Popen[bytes] | Forked


class ForkServer:
    """Forks programs that have imported these modules already; those that are not there are left out. A context manager.

    environment: of the programs, as for `subprocess.Popen`. It is a process of its own, started when it is first needed.
    """

    def __init__(self, modules: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._modules = modules
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def __enter__(self) -> "ForkServer":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._requests is not None:
            self._requests.close()
            self._process.wait()
            self._process = self._requests = None

    def runs(self, words: Sequence[str]) -> bool:
        """Whether this command is one for it: `python -m` one of its modules, with options."""
        return list(words[:2]) == [sys.executable, "-m"] and words[2] in self._modules

    def spawn(self, words: Sequence[str], *, output: int, errors: int) -> Forked:
        """Run a command for which `runs` is true, with these descriptors as standard output and error. Raises OSError."""
        requests = self._started()
        statuses, theirs = os.pipe()
        try:
            socket.send_fds(requests, [json.dumps(words[2:]).encode()], [output, errors, theirs])
        finally:
            os.close(theirs)
        if not _is_readable(requests, LONGEST) or not (pid := requests.recv(MOST)):
            os.close(statuses)
            raise OSError("the fork server does not answer")
        return Forked(int(pid), statuses)

    def _started(self) -> socket.socket:
        if self._requests is None:
            self._requests, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, PROGRAM, str(theirs.fileno()), *self._modules],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=self._environment,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
        return self._requests


def _is_readable(file: int | socket.socket, timeout: float | None) -> bool:
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))
