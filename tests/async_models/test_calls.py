import ast
import functools
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.models.ground.meeting import PATIENCE, ROOT
from tests.models.test_calls import ENVIRONMENT, rows

LIBRARIES = ["asyncio", "trio", "anyio"]
ON_ASYNCIO = ["asyncio", "asyncio --loop uvloop"]
ON_TRIO_AND_ANYIO = ["trio", "anyio", "anyio --backend trio", "anyio --backend uvloop"]
THREAD = {"asyncio": "to_thread", "trio": "to_thread.run_sync", "anyio": "to_thread.run_sync"}
PROCESS = {"asyncio": "run_in_executor", "trio": "to_thread.run_sync(result)", "anyio": "to_process.run_sync"}
BLOCKING = ["sha256", "recv", "await f(), which computes"]
ALONE = "await f(), no other task"
LEFT = "left, then opened the gate; its thread went on: 49"
SLOW = re.compile(
    r"^Executing <.*> took .* seconds\n", re.MULTILINE
)  # asyncio's debug mode: that it blocks is the subject here

DRIVER = """
import os, signal, sys
from pathlib import Path
from async_models.{library} import calls
from models.ground import states
{change}
if __name__ == "__main__":
    calls.run(calls.show)
"""
WITHOUT_PROC = """
states.THREADS = Path("/nowhere")
"""
INTERRUPTING = """
class Output:
    flush = sys.__stdout__.flush

    def write(self, text):
        sys.__stdout__.write(text)
        if text.startswith("  {call} "):
            os.killpg(0, signal.SIGINT)  # as the terminal does: to parent and workers

if __name__ == "__main__":
    sys.stdout = Output()
"""
WITHOUT_MODULE = """
import runpy, sys
sys.modules[{missing!r}] = None
runpy.run_module("async_models.{library}.calls", run_name="__main__", alter_sys=True)
"""

each_program = pytest.mark.parametrize("program", ON_ASYNCIO + ON_TRIO_AND_ANYIO)
each_on_asyncio = pytest.mark.parametrize("program", ON_ASYNCIO)
each_on_trio_and_anyio = pytest.mark.parametrize("program", ON_TRIO_AND_ANYIO)
each_library = pytest.mark.parametrize("library", LIBRARIES)
with_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system has no /proc")


def need(program: str) -> None:
    for module in ("trio", "anyio", "uvloop"):
        if module in program.split() and importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def run(*words: str, cwd: Path = ROOT) -> tuple[int, str, str]:
    """Its exit status, what it says, and what it complains of."""
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", *words],
        cwd=cwd,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout, SLOW.sub("", ended.stderr)


@functools.cache
def show(program: str) -> dict[str, tuple[str, str]]:
    """What the program says that its caller did and was seen in, by call; it is started as the pair of models/calls.py."""
    need(program)
    status, output, errors = run("-m", "models.calls", "--on", *program.split())
    assert (status, errors) == (0, "")
    return rows(output)


def awaited(program: str) -> list[str]:
    """The calls that are awaited while there is another task."""
    library = program.split()[0]
    return ["await f(), which waits", f"{THREAD[library]}(sha256)", f"{THREAD[library]}(recv)", PROCESS[library]]


def did_and_turns(program: str, calls: list[str]) -> list[tuple[str, int]]:
    """What the caller did meanwhile, and how many turns the other task had, of each call."""
    found = [re.fullmatch(r"(.*); the other task had (\d+) turns", show(program)[call][0]) for call in calls]
    return [(match[1], int(match[2])) for match in found if match]


@each_program
def test_while_a_call_blocks_no_other_task_has_a_turn(program: str) -> None:
    assert did_and_turns(program, BLOCKING) == [("computed", 0), ("nothing, until a byte came", 0), ("computed", 0)]


@each_program
def test_while_one_is_awaited_also_in_a_thread_or_a_process_the_other_task_has_those_that_end_it(program: str) -> None:
    seen = did_and_turns(program, awaited(program))
    assert [did for did, _ in seen] == ["waited"] * 4
    assert all(turns >= 3 for _, turns in seen)


@with_proc
@each_program
def test_suspended_is_the_thread_that_blocks_in_recv_and_the_loops_when_no_task_can_run(program: str) -> None:
    states = {call: state for call, (_, state) in show(program).items()}
    assert {call for call, state in states.items() if state == "S"} == {"recv", ALONE}
    assert set(states.values()) == {"R", "S"}


@each_program
def test_an_asynchronous_call_returns_before_its_work_has_begun(program: str) -> None:
    call, found = {
        "asyncio": ("create_task, await", "found it not begun, opened the gate"),
        "trio": ("start_soon, receive", "found 0 at the gate, opened it"),
        "anyio": ("start_soon, await", "found 0 at the gate, opened it"),
    }[program.split()[0]]
    assert show(program)[call][0] == f"{found}, then waited: 49"


@each_on_asyncio
def test_a_task_group_waits_at_its_end(program: str) -> None:
    assert show(program)["TaskGroup"][0] == "opened the gate, then waited at the end of the block: [1, 4]"


@each_on_trio_and_anyio
def test_start_waits_until_the_work_has_begun(program: str) -> None:
    if program == "trio":
        assert show(program)["start(run_process)"][0] == "waited until it ran, opened the gate, then waited for its end: 0"
    else:
        assert show(program)["start, await"][0] == "found 1 at the gate, opened it, then waited: 49"


@each_program
def test_outcomes_come_in_the_order_in_which_the_work_ends(program: str) -> None:
    call = "start_soon, twice" if program in ON_TRIO_AND_ANYIO else "as_completed"
    assert show(program)[call][0] == "called for 4, then for 9; 9 came first, then 4"


@each_program
def test_polling_hears_not_yet_at_least_once(program: str) -> None:
    polled = {"asyncio": "run_in_executor, done", "trio": "start_soon, statistics", "anyio": "start_soon, status"}
    heard = re.fullmatch(r"asked again and again, and heard (\d+) times: not yet", show(program)[polled[program.split()[0]]][0])
    assert heard
    assert int(heard[1]) >= 1


@each_on_asyncio
def test_a_callback_comes_in_the_loops_thread(program: str) -> None:
    assert show(program)["add_done_callback"][0] == "opened the gate, and was called back: 49, in MainThread"


@each_on_asyncio
def test_another_thread_may_have_the_loop_run_a_coroutine(program: str) -> None:
    assert show(program)["run_coroutine_threadsafe"][0] == "called in a thread; opened the gate, then waited in one: 49"


@each_on_asyncio
def test_a_cancelled_task_leaves_its_thread(program: str) -> None:
    assert show(program)["to_thread"][0] == LEFT


@each_on_trio_and_anyio
def test_a_cancelled_task_stays_with_its_thread_unless_it_may_abandon_it(program: str) -> None:
    assert show(program)["to_thread.run_sync"][0] == "stayed until its thread had ended: 49"
    assert show(program)["abandon_on_cancel=True"][0] == LEFT


@each_library
def test_where_there_is_no_proc_it_says_so_and_goes_on(library: str, tmp_path: Path) -> None:
    need(library)
    (tmp_path / "driver.py").write_text(DRIVER.format(library=library, change=WITHOUT_PROC))
    status, output, errors = run("-m", "driver", cwd=tmp_path)
    assert (status, errors) == (0, "")
    assert output.endswith("\nState: cannot be shown, this system has no /proc.\n")
    assert rows(output).keys() == show(library).keys()
    assert {state for _, state in rows(output).values()} == {"-"}


@each_program
def test_ctrl_c_ends_it_and_its_workers_without_a_word(program: str, tmp_path: Path) -> None:
    need(program)
    library, *options = program.split()
    change = INTERRUPTING.format(call=PROCESS[library])
    (tmp_path / "driver.py").write_text(DRIVER.format(library=library, change=change))
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "driver", *options],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (128 + signal.SIGINT, "")
    assert list(rows(output))[-1] == PROCESS[library]
    deadline = time.monotonic() + PATIENCE
    while (left := alive(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left == []


def alive(session: int) -> list[psutil.Process]:
    """Its processes that have not ended."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, ProcessLookupError):
            pass
    return found


@each_library
def test_an_option_that_it_has_not_is_named_in_one_line(library: str) -> None:
    need(library)
    message = f"async_models.{library}.calls: unknown option --fast\n"
    assert run("-m", f"async_models.{library}.calls", "--fast") == (2, "", message)


@each_library
def test_its_help_is_its_docstring(library: str) -> None:
    need(library)
    status, output, errors = run("-m", "models.calls", "--on", library, "--help")
    assert (status, errors) == (0, "")
    document = ast.get_docstring(ast.parse((ROOT / "async_models" / library / "calls.py").read_text()))
    assert document
    assert document in output


@pytest.mark.parametrize(
    ("program", "missing"),
    [("asyncio --loop uvloop", "uvloop"), ("anyio --backend uvloop", "uvloop"), ("anyio --backend trio", "trio")],
)
def test_a_loop_that_is_not_installed_is_named_in_one_line(program: str, missing: str) -> None:
    library, *options = program.split()
    need(library)
    message = f"async_models.{library}.calls: it needs the module {missing}, which is not installed; pip install {missing}\n"
    assert run("-c", WITHOUT_MODULE.format(library=library, missing=missing), *options) == (3, "", message)
