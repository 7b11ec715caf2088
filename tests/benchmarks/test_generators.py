"""The load generator's yardstick: it checks what it counts, and the comparison runs."""

import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from benchmarks import generators
from tests.iomodels.load.serving import Handler, reading, serving, upper

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


@pytest.fixture(scope="module")
def yardstick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("yardstick") / "generator"
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, generators.SOURCE], check=True)
    return program


def lower(connection: socket.socket) -> None:
    for data in reading(connection):
        connection.sendall(data.lower())


@pytest.mark.parametrize(("handle", "status"), [(upper, 0), (lower, 1)])
def test_the_yardstick_counts_right_replies_alone(yardstick: Path, handle: Handler, status: int) -> None:
    with serving(handle) as port:
        words = [str(yardstick), str(port), "3", "64", "0.05"]
        ended = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert ended.returncode == status
    assert bool(ended.stdout) == (status == 0)


def test_the_comparison_prints_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    assert generators.main(["--connections", "2", "--rounds", "1", "--seconds", "0.05"]) in (0, 1)
    printed = capsys.readouterr().out
    assert re.search(
        r"\n    2 connections: C \S+, ours \S+, ratio \S+ \(<= 1.3 (met|NOT MET)\); the ceiling's core \S+ busy \(>= 0.85 ",
        printed,
    )
