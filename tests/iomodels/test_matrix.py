"""The matrix: how the process ends that runs the cases of a variant."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STOPPED_WHILE_ENDING = """
import os, signal
from multiprocessing import Pipe
from iomodels import catalogue, matrix

matrix.end_orphans = lambda: os.kill(os.getpid(), signal.SIGTERM)
matrix._work(catalogue.find("sockets/select"), [], Pipe(duplex=False)[1])
print("ended")
"""


def test_a_stop_that_comes_while_it_ends_leaves_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", STOPPED_WHILE_ENDING], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("ended\n", "", 0)
