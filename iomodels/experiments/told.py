"""What a program of `programs/` tells that runs to its end and prints what it has measured, as JSON.

It is no server. A process of its own has no thread beside the one that measures, which might hold the interpreter lock.
"""

import json
import shlex
import subprocess
import sys
from contextlib import nullcontext
from typing import Any

from iomodels.bench.cores import on_core
from iomodels.contract.server import ServerError
from iomodels.experiments.experiment import NotHere
from iomodels.experiments.lab import Lab

__all__ = ["told"]

PATIENCE = 120.0  # seconds that a program has
CANNOT_RUN_HERE = 3  # exit status of a program whose needs are not met; it has printed which


def told(lab: Lab, module: str, *arguments: str, free: bool = False) -> Any:
    """Run a program on the server's core, or, with `free`, on any.

    Raises NotHere when it cannot run here, ServerError when it fails.
    """
    command = [sys.executable, "-m", f"iomodels.experiments.programs.{module}", *arguments]
    with nullcontext() if free else on_core(lab.cores[0]):
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    last = (ended.stderr.strip().splitlines() or ["without a word"])[-1]
    if ended.returncode == CANNOT_RUN_HERE:
        raise NotHere(last)
    if ended.returncode:
        raise ServerError(f"`{shlex.join(command)}` ended with status {ended.returncode}: {last}")
    return json.loads(ended.stdout)
