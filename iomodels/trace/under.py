"""A server under strace(1): started so, found out about where that is impossible, and ended so that all is written."""

import dataclasses
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from iomodels.contract.server import Launch, Server, ServerError, Unavailable

__all__ = ["ABSENT", "NoTracing", "stop_traced", "under_strace"]

STRACE = ("strace", "-f", "-q", "-ttt")
START = 60.0  # seconds that a server has to start in; strace makes each of its thousands of calls dearer
END = 20.0  # and to stop
ABSENT = "strace is not installed: `apt install strace` brings it (dnf, apk and pacman too); it is Linux's alone"
FORBIDDEN = "strace may not trace here: ptrace is forbidden (kernel.yama.ptrace_scope; in a container, CAP_SYS_PTRACE)"


class NoTracing(Unavailable):
    """Nothing can be traced here; the text is the reason."""


@contextmanager
def under_strace(launch: Launch, flags: Sequence[str], options: Sequence[str] = ()) -> Iterator[tuple[Server, Path]]:
    """The server, and the file that its trace goes to; the server is ended with the block, by force.

    flags: more of strace's. options: more of the server's. Raises NoTracing when there is no strace, or it may not trace;
    Unavailable and ServerError as `Launch.start` does.
    """
    if shutil.which("strace") is None:
        raise NoTracing(ABSENT)
    with tempfile.TemporaryDirectory(prefix="iomodels-trace-") as folder:
        output = Path(folder, "strace")
        command = [*STRACE, *flags, "-o", str(output), "--", *launch.command]
        try:
            server = dataclasses.replace(launch, command=command).start(*options, wait=START)
        except ServerError as error:
            if re.search("ptrace.*not permitted", str(error), re.IGNORECASE):
                raise NoTracing(FORBIDDEN) from error
            raise
        try:
            yield server, output
        finally:
            server.kill()


def stop_traced(server: Server) -> None:
    """End the server that strace has started, and strace with it, so that all is written."""
    with suppress(psutil.NoSuchProcess):  # it has ended by itself
        for traced in psutil.Process(server.pid).children():
            traced.send_signal(signal.SIGTERM)
    server.wait(END)
