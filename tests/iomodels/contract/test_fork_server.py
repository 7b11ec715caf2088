"""The fork server: a program that it runs is what `python -m` runs."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from iomodels.contract.fork_server import Forked, ForkServer
from iomodels.contract.server import Launch, Server, ServerError

PATIENCE = 20.0
ROOM = """
import json, os, sys, signal
import slow
ROOM = 1
if __name__ == "__main__":
    print(json.dumps({
        "argv": sys.argv, "name": __name__, "session": os.getsid(0) == os.getpid(), "slow": slow.TIMES,
        "descriptors": sorted(int(entry) for entry in os.listdir("/proc/self/fd")),
        "signals": [signal.getsignal(number) is signal.SIG_DFL for number in (signal.SIGCHLD, signal.SIGTERM)],
        "wakeup": signal.set_wakeup_fd(-1), "main": sys.modules["__main__"].ROOM,
    }))
    sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def forks(tmp_path: Path) -> Iterator[ForkServer]:
    """A fork server of modules in `tmp_path`: room, waits, raises."""
    (tmp_path / "slow.py").write_text("TIMES = 0\n")
    (tmp_path / "room.py").write_text(ROOM)
    (tmp_path / "waits.py").write_text(
        "import signal\nif __name__ == '__main__':\n    print('here', flush=True)\n    signal.pause()\n"
    )
    (tmp_path / "raises.py").write_text("if __name__ == '__main__':\n    raise ValueError('on purpose')\n")
    with ForkServer(["room", "waits", "raises", "no_such_module"], {**os.environ, "PYTHONPATH": str(tmp_path)}) as server:
        yield server


def test_a_program_is_what_python_m_runs(forks: ForkServer, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "room", "5", "--word"]
    true = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, start_new_session=True, check=False)
    for _ in range(2):
        status, output, errors = _run(forks, words)
        assert (status, output, errors) == (5, true.stdout, "")


def test_only_its_modules_are_run(forks: ForkServer) -> None:
    assert forks.runs([sys.executable, "-m", "room"])
    assert not forks.runs([sys.executable, "-m", "other"])
    assert not forks.runs([sys.executable, "room.py"])
    assert not forks.runs(["sh", "-c", "room"])


def test_an_exception_is_told_as_ever(forks: ForkServer) -> None:
    status, _, errors = _run(forks, [sys.executable, "-m", "raises"])
    assert status == 1
    assert errors.startswith("Traceback")
    assert errors.endswith("ValueError: on purpose\n")


def test_the_signal_that_ended_it_is_told(forks: ForkServer) -> None:
    with _begun(forks, "waits") as (process, _):
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0)
        process.terminate()
        assert process.wait(PATIENCE) == process.poll() == process.returncode == -signal.SIGTERM
        process.terminate()  # of no effect


def test_two_run_at_once_and_each_tells_its_own_end(forks: ForkServer) -> None:
    with _begun(forks, "waits") as (first, _), _begun(forks, "waits") as (second, _):
        assert os.getsid(first.pid) == first.pid != second.pid
        os.kill(second.pid, signal.SIGKILL)
        assert second.wait(PATIENCE) == -signal.SIGKILL
        assert first.poll() is None


def test_its_end_leaves_what_it_runs(forks: ForkServer) -> None:
    with _begun(forks, "waits") as (process, _):
        forks.__exit__()
        os.kill(process.pid, 0)
        assert process.wait(PATIENCE) == -signal.SIGKILL  # nobody knows any more how it ends
        os.kill(process.pid, signal.SIGKILL)


def test_one_that_cannot_begin_is_the_harness_trouble(tmp_path: Path) -> None:
    (tmp_path / "quits.py").write_text("import os\nos._exit(0)\n")
    with ForkServer(["quits"], {**os.environ, "PYTHONPATH": str(tmp_path)}) as server:
        launch = Launch([sys.executable, "-m", "quits"], fork_server=server)
        with pytest.raises(ServerError, match="cannot fork quits"):
            launch.start()


def test_a_launch_starts_a_server_by_it() -> None:
    with ForkServer(["models.select"]) as forks:
        server = Launch([sys.executable, "-m", "models.select", "--port", "0"], fork_server=forks).start()
        try:
            assert _parent(server) not in (os.getpid(), 1)
            server.signal(signal.SIGTERM)
            server.expect_end(PATIENCE)
        finally:
            server.kill()


def _parent(server: Server) -> int:
    return int(Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[1])


def _run(forks: ForkServer, words: list[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        status = forks.spawn(words, output=output.fileno(), errors=errors.fileno()).wait(PATIENCE)
        for file in (output, errors):
            file.seek(0)
        return status, output.read().decode(), errors.read().decode()


@contextlib.contextmanager
def _begun(forks: ForkServer, module: str) -> Iterator[tuple[Forked, bytes]]:
    """The module, once it has said a line; ended with the block."""
    said, theirs = os.pipe()
    process = forks.spawn([sys.executable, "-m", module], output=theirs, errors=2)
    os.close(theirs)
    try:
        yield process, os.read(said, 100)
    finally:
        os.close(said)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
