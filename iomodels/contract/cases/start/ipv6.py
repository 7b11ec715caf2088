"""A server told to listen on ::1 does, says so as [::1]:PORT, and serves."""

import contextlib
import signal
import socket

from iomodels.contract.broken import Broken
from iomodels.contract.case import NotApplicable
from iomodels.contract.trial import Trial

REFERENCE = "RFC 3986, 3.2.2 (brackets); UNP 11.6 (getaddrinfo)"
NEEDS = {"process", "flags"}


def check(trial: Trial) -> None:
    try:
        with contextlib.closing(socket.socket(socket.AF_INET6)) as here:
            here.bind(("::1", 0))
    except OSError as error:
        raise NotApplicable(f"this machine has no IPv6: {error.strerror}") from error
    other = trial.another("--host", "::1")
    if other.address[0] != "::1":
        raise Broken(f"started with --host ::1, the server says that it listens on {other.address[0]}")
    other.is_well()
    other.server.signal(signal.SIGTERM)
    other.server.expect_end()
