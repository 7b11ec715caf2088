"""A server on a Unix socket removes the socket's file when it stops.

The kernel does not: the file stays, connecting to it fails with ECONNREFUSED instead of ENOENT, and a naive restart
with EADDRINUSE.
"""

import signal
import tempfile
from pathlib import Path

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "unix(7): binding creates a file that must be deleted by the caller; cpython#111246"
NEEDS = {"process", "flags"}


def check(trial: Trial) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "socket")
        other = trial.another("--unix", str(path))
        with other.connect() as client:
            client.exchange(*trial.talk(64))
            other.server.signal(signal.SIGTERM)
            other.server.expect_end()
            client.expect_fin()
        if path.exists():
            raise Broken(f"the server has ended, and its socket's file {path} is still there")
