"""A server takes a Unix socket's file over from one that died, not from one that lives, and no other file.

bind fails when the file exists, whoever made it. Removing it unasked is what many servers do: the one that runs keeps
running, and no client ever finds it again.
"""

import contextlib
import socket
import tempfile
from pathlib import Path

from iomodels.contract.broken import Broken
from iomodels.contract.trial import Trial

REFERENCE = "unix(7); bind(2), EADDRINUSE; UNP 15.4"
NEEDS = {"process", "flags"}


def check(trial: Trial) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path, letter = Path(directory, "socket"), Path(directory, "letter")
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as dead:
            dead.bind(str(path))
        other = trial.another("--unix", str(path))
        other.is_well()
        trial.launch.run_to_end("--unix", str(path)).expect_refusal(1, str(path))
        other.is_well()
        letter.write_text("dear")
        trial.launch.run_to_end("--unix", str(letter)).expect_refusal(1, str(letter))
        if letter.read_text() != "dear":
            raise Broken("the server has overwritten a file that is no socket")
