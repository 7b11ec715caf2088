"""`iomodels trace` on real variants, and what it says where it cannot."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import psutil
import pytest

from iomodels import catalogue
from iomodels.contract.server import Unavailable
from iomodels.trace import document
from iomodels.trace.calls import Kind
from iomodels.trace.record import NoTracing, record
from iomodels.trace.timeline import Timeline
from tests.iomodels.running import environment, iomodels
from tests.iomodels.trace.samples import SAMPLE

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def trace(name: str) -> Timeline:
    """A trace of a variant, taken now."""
    try:
        return record(catalogue.find(name))
    except NoTracing as error:
        pytest.skip(str(error))
    except Unavailable as error:
        pytest.skip(f"{name} cannot run here: {error}")


@needs_strace
def test_blocking_keeps_b_in_the_backlog_until_a_leaves() -> None:
    line = trace("blocking")
    assert (line.lanes, line.b_first, line.backlog) == (["main"], False, True)
    assert set(line.waiting) == {"accept4", "recvfrom"}
    assert line.request == {"recvfrom": 1, "sendto": 1}
    slept = [event for event in line.events if event.kind is Kind.COPIES and event.waited]
    assert [event.client for event in slept] == ["A"]
    assert len(document.dump(line)) < 20_000


@needs_strace
def test_threads_answer_b_first_each_in_a_lane_of_its_own() -> None:
    line = trace("threads")
    assert (line.lanes, line.b_first, line.backlog) == (["main", "thread 1", "thread 2"], True, False)
    copies = {(event.lane, event.client) for event in line.events if event.copied}
    assert copies == {(1, "A"), (2, "B")}


@needs_strace
def test_epoll_waits_on_the_set_and_then_copies() -> None:
    line = trace("epoll")
    assert (line.lanes, line.b_first, set(line.waiting)) == (["main"], True, {"epoll_wait"})
    assert line.request == {"epoll_wait": 1, "recvfrom": 1, "sendto": 1}
    assert set(line.copying) == {"recvfrom", "sendto"}


@needs_strace
def test_nonblocking_asks_in_vain_again_and_again() -> None:
    line = trace("nonblocking")
    rounds = [event for event in line.events if event.kind is Kind.ROUNDS]
    assert any({"accept4 EAGAIN", "recvfrom EAGAIN"} <= set(event.names) for event in rounds)
    assert line.calls["recvfrom"] > 4
    assert len(document.dump(line)) < 20_000


@needs_strace
def test_no_call_of_io_uring_copies() -> None:
    line = trace("io_uring")
    assert (line.copying, set(line.waiting)) == ({}, {"io_uring_enter"})
    assert {event.kind for event in line.events} >= {Kind.SUBMITS, Kind.WAITS}


@needs_strace
def test_processes_have_lanes_too_and_idle_ones_stand_aside() -> None:
    line = trace("prefork")
    assert line.lanes == ["process 1", "process 2"]
    assert line.aside["accept4"] == 2


@needs_strace
def test_a_trace_goes_to_folders_and_is_drawn_from_there(tmp_path: Path) -> None:
    trace("blocking")  # skips where it cannot be
    ran = iomodels("trace", "select", "--service", "lines", "--data", "d", "--figures", "f", cwd=tmp_path)
    assert (ran.status, ran.output, ran.errors) == (0, "", "")
    data, drawn = tmp_path / "d/sockets/select.json", tmp_path / "f/sockets/select.svg"
    taken = json.loads(data.read_text())
    assert (taken["variant"], taken["service"]) == ("sockets/select", "lines")
    assert "hello\\\\n" in data.read_text()
    assert ET.fromstring(drawn.read_text()).tag.endswith("svg")
    assert iomodels("trace", "--redraw", "--data", "d", "--figures", "again", cwd=tmp_path).output == "1 figures drawn\n"
    assert (tmp_path / "again/sockets/select.svg").read_bytes() == drawn.read_bytes()


@needs_strace
def test_the_variants_own_options_come_after_its_name(tmp_path: Path) -> None:
    ran = iomodels("trace", "epoll", "--edge", "--format", "json", "-o", "e.json", cwd=tmp_path)
    if ran.status == 3:
        pytest.skip(ran.errors)
    line = document.load((tmp_path / "e.json").read_text())
    assert (ran.status, ran.output, line.options) == (0, "", ["--edge"])
    assert any("EPOLLET" in event.call or event.names == ["recvfrom EAGAIN"] for event in line.events)
    ran = iomodels("trace", "epoll", "--edgy", cwd=tmp_path)
    assert (ran.status, ran.output, ran.errors.count("\n")) == (2, "", 1)
    assert "unknown option --edgy" in ran.errors


# Where it cannot.


def refused(tmp_path: Path, *arguments: str, status: int, **more: str) -> str:
    """The one line in which it refuses."""
    ran = iomodels("trace", *arguments, cwd=tmp_path, more=more)
    assert (ran.status, ran.output, ran.errors.count("\n")) == (status, "", 1), ran
    return ran.errors


def test_without_strace_it_says_how_to_get_it(tmp_path: Path) -> None:
    assert "apt install strace" in refused(tmp_path, "epoll", status=3, PATH=str(tmp_path))
    assert "apt install strace" in refused(tmp_path, "--all", "--data", "d", status=3, PATH=str(tmp_path))


def strace_that(folder: Path, *lines: str) -> str:
    """A PATH on which `strace` is a shell script."""
    script = folder / "strace"
    script.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_where_ptrace_is_forbidden_it_says_so(tmp_path: Path) -> None:
    path = strace_that(tmp_path, "echo 'strace: attach: ptrace(PTRACE_SEIZE, 7): Operation not permitted' >&2", "exit 1")
    assert "ptrace is forbidden" in refused(tmp_path, "epoll", status=3, PATH=path)


def test_a_variant_that_cannot_run_here_says_why(tmp_path: Path) -> None:
    path = strace_that(tmp_path, "echo 'models.io_uring: the kernel is too old' >&2", "exit 3")
    assert "sockets/io_uring cannot run here: the kernel is too old" in refused(tmp_path, "io_uring", status=3, PATH=path)


def test_wrong_questions_are_refused(tmp_path: Path) -> None:
    assert "did you mean epoll?" in refused(tmp_path, "epol", status=2)
    assert "one of them" in refused(tmp_path, status=2)
    assert "one of them" in refused(tmp_path, "epoll", "--all", status=2)
    assert "--all needs" in refused(tmp_path, "--all", status=2)
    assert "--redraw needs" in refused(tmp_path, "--redraw", "--data", "d", status=2)
    assert "cannot write" in refused(tmp_path, "epoll", "-o", "no/such/folder.txt", status=2)


def test_broken_data_is_refused_by_its_name(tmp_path: Path) -> None:
    where = ("--redraw", "--data", "d", "--figures", "f")
    (tmp_path / "d").mkdir()
    assert "there are no traces in d" in refused(tmp_path, *where, status=2)
    (tmp_path / "d/epoll.json").write_text(document.dump(SAMPLE)[:300])
    assert "d/epoll.json: not JSON" in refused(tmp_path, *where, status=2)
    assert not (tmp_path / "f").exists()


@pytest.mark.skipif(platform.system() == "Windows", reason="needs fifos")
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "started")
    path = strace_that(tmp_path, f"echo $$ > {tmp_path}/started", "exec sleep 1000")
    words = [sys.executable, "-m", "iomodels", "trace", "epoll"]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(words, env=environment(PATH=path, TMPDIR=str(temporary)), cwd=tmp_path) as ran:
        strace = psutil.Process(int((tmp_path / "started").read_text()))  # opening it waits for the script
        ran.send_signal(signal.SIGINT)
        assert ran.wait(20) == 130
    assert not strace.is_running()
    assert list(temporary.iterdir()) == []
