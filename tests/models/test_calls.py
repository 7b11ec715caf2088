import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.ground.meeting import ROOT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
ROW = re.compile(r"  (?P<call>\S.*?) {2,}(?P<did>\S.*?) +(?P<state>[A-Z-])")

WITHOUT_PROC = """
from pathlib import Path
from models import calls
from models.ground import states
states.THREADS = calls.THREADS = Path("/nowhere")
if __name__ == "__main__":
    calls.main()
"""


def run(*words: str, cwd: Path = ROOT) -> str:
    """What it prints, when all is well."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", *words],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout


def rows(output: str) -> dict[str, tuple[str, str]]:
    """What the caller did and the state it was seen in, by call."""
    found = filter(None, map(ROW.fullmatch, output.splitlines()))
    return {match["call"]: (match["did"], match["state"]) for match in found}


@pytest.fixture(scope="module")
def shown() -> dict[str, tuple[str, str]]:
    return rows(run("-m", "models.calls"))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system has no /proc")
def test_a_synchronous_call_that_computes_runs_and_one_that_blocks_is_suspended(shown: dict[str, tuple[str, str]]) -> None:
    assert shown["sha256"] == ("computed", "R")
    assert shown["recv"] == ("nothing, until a byte came", "S")
    assert shown["Pool.apply"] == ("nothing, until the result came", "S")
    assert shown["AsyncResult.get"] == ("nothing, until the result came", "S")


def test_an_asynchronous_call_returns_before_its_work_is_done(shown: dict[str, tuple[str, str]]) -> None:
    assert shown["Pool.apply_async, get"][0] == "opened the gate, then waited: 49"
    assert shown["submit, result"][0] == "opened the gate, then waited: 49"
    assert shown["submit, wait"][0] == "heard that 0 of 2 were done, then waited: 2"


def test_polling_hears_not_yet_at_least_once(shown: dict[str, tuple[str, str]]) -> None:
    heard = re.fullmatch(r"asked again and again, and heard (\d+) times: not yet", shown["submit, done"][0])
    assert heard
    assert int(heard[1]) >= 1


def test_as_completed_gives_them_in_the_order_in_which_they_end(shown: dict[str, tuple[str, str]]) -> None:
    assert shown["submit, as_completed"][0] == "called for 4, then for 9; 9 came first, then 4"


@pytest.mark.parametrize(
    ("call", "thread"), [("apply_async, callback", r"Thread-\d+.*"), ("add_done_callback", r"ThreadPoolExecutor-\d+_\d+")]
)
def test_callbacks_come_in_another_thread(shown: dict[str, tuple[str, str]], call: str, thread: str) -> None:
    assert re.fullmatch(f"opened the gate, and was called back: 49, in {thread}", shown[call][0])


def test_where_there_is_no_proc_it_says_so_and_goes_on(shown: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    (tmp_path / "without_proc.py").write_text(WITHOUT_PROC)
    output = run("-m", "without_proc", cwd=tmp_path)
    assert output.endswith("\nState: cannot be shown, this system has no /proc.\n")
    assert rows(output).keys() == shown.keys()
    assert {state for _, state in rows(output).values()} == {"-"}


def test_ctrl_c_ends_it_and_its_workers_without_a_word() -> None:
    command = [sys.executable, "-m", "models.calls"]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("  recv"):
            pass
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does: to parent and workers
        _, errors = process.communicate(timeout=60)  # until the last of them has closed it
    assert (process.returncode, errors) == (130, "")


def test_it_takes_no_options() -> None:
    command = [sys.executable, "-m", "models.calls", "--fast"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "models.calls: unknown option --fast\n")
