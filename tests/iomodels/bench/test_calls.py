"""System calls per request are those between two moments, and none of the server's start."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from iomodels.bench.calls import count_calls, count_lines
from iomodels.bench.cores import two_cores
from iomodels.bench.results import Point
from iomodels.bench.run import bench
from iomodels.bench.subjects import Subject
from iomodels.contract.server import Launch
from tests.iomodels.running import SERVERS

LINES = """\
17 100.000000 read(3, ..., 10) = 10
17 101.000000 recvfrom(3, ..., 10) = 10
18 101.500000 recvfrom(4,  <unfinished ...>
17 101.600000 sendto(3, ..., 10) = 10
18 101.700000 <... recvfrom resumed>..., 10) = 10
17 101.800000 --- SIGCHLD {...} ---
17 101.900000 +++ exited with 0 +++
17 102.100000 close(3) = 0
""".splitlines()

# recv, sendall, and one call that is made ten times for each request
CHATTY = """
import os, socket
listener = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
while True:
    client, _ = listener.accept()
    while data := client.recv(100):
        for _ in range(10):
            os.getppid()
        client.sendall(data.upper())
"""


def test_a_call_counts_once_where_it_begins() -> None:
    assert count_lines(LINES, 101.0, 102.0) == {"recvfrom": 2, "sendto": 1}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_request_makes_the_calls_that_it_makes() -> None:
    calls = count_calls(Launch([sys.executable, "-c", CHATTY]), Point(connections=1), two_cores(), seconds=0.05)
    assert next(iter(calls)) == "getppid"
    assert calls["getppid"] == pytest.approx(10, rel=0.1)
    assert calls["sendto"] == pytest.approx(1, rel=0.1)
    assert calls["recvfrom"] == pytest.approx(1, rel=0.1)
    assert "mmap" not in calls


def test_without_strace_there_is_a_remark_and_no_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    upper = Subject("upper", lambda _: Launch([sys.executable, f"{SERVERS}/upper.py", "0"]))
    results = bench([upper], [Point(connections=1)], rounds=1, seconds=0.01, warm_up=0)
    assert results.cells[0].calls is None
    assert [remark.partition(":")[0] for remark in results.remarks] == ["system calls are not counted"]
    assert "strace is not installed" in results.remarks[0]
    assert os.environ["PATH"] == str(tmp_path)
