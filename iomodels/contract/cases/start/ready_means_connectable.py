"""The ready line is written when a client is able to connect, not before.

Whoever waits for the line connects at once. Between a line that comes too early and listen(2) lie microseconds on an
idle machine: it fails once a week. Here standard output is a pipe that is full, so the server sleeps in the write: it
must be listening by then.
"""

import contextlib
import os
import tempfile

from iomodels.contract.broken import Broken
from iomodels.contract.server import Server, ServerError, free_port
from iomodels.contract.trial import Trial

REFERENCE = "pipe(7): writing to a full pipe blocks; listen(2); sd_notify(3), READY=1"
NEEDS = {"process", "flags"}


def check(trial: Trial) -> None:
    port = free_port()
    with contextlib.ExitStack() as stack:
        reading, writing = os.pipe()
        stack.callback(os.close, reading)
        errors = stack.enter_context(tempfile.TemporaryFile())
        with os.fdopen(writing, "wb", buffering=0) as full:
            os.set_blocking(writing, False)
            while full.write(bytes(4096)):
                pass
            os.set_blocking(writing, True)
            process = trial.launch.spawn(trial.launch.words(port=port), output=writing, errors=errors.fileno())
        server = Server("127.0.0.1", port, process, errors, errors)
        stack.callback(server.kill)
        try:
            server.wait_until_it_answers(trial.patience)
        except ServerError as error:
            raise Broken(f"the server writes its ready line before a client can connect: {error}") from error
