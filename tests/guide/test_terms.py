"""The demonstrations of the terms: what each row claims, whatever machine it runs on."""

import importlib.util
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.iomodels.running import ROOT, environment

has_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")


def output_of(demonstration: str) -> list[str]:
    """The lines that it prints, when all is well."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"guide.demonstrations.{demonstration}"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


@has_proc
def test_whether_a_call_returns_early_and_whether_it_suspends_are_two_questions() -> None:
    _, *rows = output_of("four_calls")
    assert [(row[:28].strip(), row.split()[-1]) for row in rows] == [
        ("synchronous, blocking", "S"),
        ("synchronous, non-blocking", "R"),
        ("", "R"),
        ("asynchronous, non-blocking", "R"),
        ("asynchronous, then blocking", "S"),
    ]


@has_proc
def test_each_state_of_a_process_is_seen() -> None:
    assert [line[0] for line in output_of("states")] == ["R", "S", "T", "R", "Z", "D"]


def test_tasks_take_turns_and_threads_that_compute_share_one_core() -> None:
    tasks, threads, processes = output_of("concurrency")
    assert tasks.endswith("A B A B A B")
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert float(threads.split()[-2]) <= 1.1
    assert float(processes.split()[-2]) > 0


def test_cancelling_is_an_edge_on_asyncio_and_a_level_on_trio_and_anyio() -> None:
    asyncio, *others = output_of("cancellation")
    assert asyncio == "asyncio  cancelled, waited, waited"
    for line, library in zip(others, ("trio", "anyio"), strict=True):
        installed = importlib.util.find_spec(library) is not None
        assert line == f"{library:9}" + ("cancelled, cancelled, cancelled" if installed else "is not installed")
