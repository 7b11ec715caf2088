"""The benchmark measures what it says: replies are checked, the ceiling answers, and a run from end to end has figures."""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.generator import Load, ReplyError
from benchmarks.measuring import Server, build_ceiling, cpu_times, started

ROOT = Path(__file__).resolve().parents[2]
CORE = min(os.sched_getaffinity(0))
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: `cc` is not on the path")


@contextmanager
def serving(script: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """The address of a listener whose clients `script` serves, in a thread, until it returns or its clients are gone."""

    def follow() -> None:
        try:
            script(listener)
        except OSError:
            pass  # the generator has seen the lie, and left

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=follow)
        thread.start()
        yield listener.getsockname()
        thread.join()


def accept(listener: socket.socket) -> socket.socket:
    """The next client, after one honest reply."""
    client, _ = listener.accept()
    client.settimeout(10)
    client.send(client.recv(100).upper())
    return client


def one_client(lie: Callable[[bytes], bytes]) -> Callable[[socket.socket], None]:
    """A server that is honest at first, and then replies to every request with what `lie` makes of it."""

    def script(listener: socket.socket) -> None:
        with accept(listener) as client:
            while request := client.recv(100):
                client.send(lie(request))

    return script


def cross(listener: socket.socket) -> None:
    """Each of two clients gets the reply to the other's request."""
    with accept(listener) as one, accept(listener) as other:
        first, second = one.recv(100), other.recv(100)
        one.send(second.upper())
        other.send(first.upper())


def be_late(listener: socket.socket) -> None:
    """Every reply is the one to the request before."""
    client, _ = listener.accept()
    with client:
        request = client.recv(100)
        client.send(request.upper())
        while client.recv(100):
            client.send(request.upper())


def load(script: Callable[[socket.socket], None], connections: int = 1) -> int:
    """The requests that a generator counts in one turn on each connection, and then ends them."""
    with serving(script) as address, Load(address, connections) as generator:
        requests = generator.run(0).requests
        generator.finish()
        return requests


def test_an_honest_server_is_counted() -> None:
    assert load(one_client(bytes.upper)) == 1


def test_a_reply_in_pieces_is_one_reply() -> None:
    def script(listener: socket.socket) -> None:
        with accept(listener) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in client.recv(100).upper():
                client.send(bytes([byte]))
            client.recv(100)

    assert load(script) == 1


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        pytest.param(lambda request: request, "owed b'C.* and sent b'c", id="an echo that does not upper-case"),
        pytest.param(lambda request: request.upper()[:-1] + b"?", r"and sent .*\?'", id="a wrong last byte"),
        pytest.param(lambda request: request.upper()[1:], "and sent b'0", id="a missing first byte"),
        pytest.param(lambda request: request.upper() + b"!", "sent b'!' after its last reply", id="a byte too many"),
    ],
)
def test_a_lie_is_caught(lie: Callable[[bytes], bytes], told: str) -> None:
    with pytest.raises(ReplyError, match=told):
        load(one_client(lie))


def test_crossed_replies_are_caught() -> None:
    with pytest.raises(ReplyError, match="owed b'C00000"):
        load(cross, connections=2)


def test_a_stale_reply_is_caught() -> None:
    with pytest.raises(ReplyError, match="owed b'C000000T1"):
        load(be_late)


def test_a_server_that_hangs_up_is_caught() -> None:
    def script(listener: socket.socket) -> None:
        with accept(listener) as client:
            client.recv(100)

    with pytest.raises(ReplyError, match="closed the connection and owed"):
        load(script)


@needs_cc
def test_the_ceiling_builds_and_answers(tmp_path: Path) -> None:
    program = build_ceiling(tmp_path / "ceiling")
    built = program.stat()
    server = Server("built", (str(program), "0"))
    with started(server, CORE) as (_, host, port), Load((host, int(port)), 3) as generator:
        assert generator.run(0).requests == 3
        generator.finish()
    assert build_ceiling(program).stat().st_mtime_ns == built.st_mtime_ns, "nothing changed, so it is not built again"
    assert [path.name for path in tmp_path.iterdir()] == ["ceiling"]


FORKING = """
import os, signal
if not os.fork():  # the child says it, so that both have run
    print("listening on 127.0.0.1:1", flush=True)
signal.pause()
"""


def test_children_of_a_server_are_counted_and_ended() -> None:
    with started(Server("forking", (sys.executable, "-c", FORKING)), CORE) as (session, _, _):
        processes = cpu_times(session)
        assert len(processes) == 2
        assert min(processes.values()) > 0
        (child,) = processes.keys() - {session}
        handle = os.pidfd_open(child)
    ended, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    assert ended


def cpu_per_request(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.cpu_per_request", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


SHORT = ("--connections", "2", "--rounds", "1", "--seconds", "0.05")


@needs_cc
def test_a_run_from_end_to_end_has_figures() -> None:
    done = cpu_per_request("--only", "ceiling,ten_lines", *SHORT, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert [(result["server"], result["connections"]) for result in report["results"]] == [("ceiling", 2), ("ten_lines", 2)]
    for result in report["results"]:
        cost = result["us_per_request"]
        assert 0 < cost["min"] <= cost["median"] <= cost["max"]
        assert [measured["requests"] > 2 for measured in result["rounds"]] == [True]
    ratio = report["results"][1]["ratios"]["ceiling"]
    assert ratio["value"] > 0
    assert (ratio["target"], ratio["met"]) == (None, None)


def test_an_async_variant_is_compared_with_its_floor_and_with_c() -> None:
    names = "ceiling,floor/trio_streams,trio/threads" if shutil.which("cc") else "floor/trio_streams,trio/threads"
    done = cpu_per_request("--only", names, "--connections", "100", "--rounds", "1", "--seconds", "0.05", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    floor, variant = json.loads(done.stdout)["results"][-2:]
    assert list(floor["ratios"]) == ["ceiling"]
    ratio = variant["ratios"]["floor/trio_streams"]
    costs = [result["us_per_request"]["median"] for result in (variant, floor)]
    assert ratio["value"] == pytest.approx(costs[0] / costs[1])
    assert (ratio["target"], ratio["met"]) == (1.1, ratio["value"] <= 1.1)


def test_the_table_names_the_floor_of_each_variant() -> None:
    done = cpu_per_request("--only", "floor/trio_s*,trio/threads,trio/selectors", *SHORT)
    assert (done.returncode, done.stderr) == (0, "")
    caption, heading, *rows = done.stdout.splitlines()
    assert caption.startswith("2 connections")
    assert "x floor" in heading
    assert "x ten lines" not in heading
    (streams, sockets) = (row for row in rows if row.startswith("trio/"))
    assert streams.split()[:1] + streams.split()[5:6] == ["trio/threads", "trio_streams"]
    assert sockets.split()[:1] + sockets.split()[5:6] == ["trio/selectors", "trio_sockets"]


@pytest.mark.parametrize("shape", ["text", "md"])
def test_a_server_that_cannot_run_here_is_reported_and_skipped(shape: str) -> None:
    refusal = f"{sys.executable} -c 'import sys; print(\"no rings here\", file=sys.stderr); sys.exit(3)'"
    done = cpu_per_request("--only", "ten_lines", "--server", f"mine={refusal}", *SHORT, "--format", shape)
    assert (done.returncode, done.stderr) == (0, "")
    assert "skipped: mine: no rings here" in done.stdout
    assert "ten_lines" in done.stdout


def test_a_server_that_does_not_start_is_reported_and_fails_the_run_at_its_end() -> None:
    done = cpu_per_request("--only", "ten_lines", "--server", "mine=/nonexistent", *SHORT)
    assert done.returncode == 1
    assert "did not start: mine: " in done.stdout
    assert "2 connections" in done.stdout


def test_a_server_that_lies_fails_the_run_at_once(tmp_path: Path) -> None:
    honest = (ROOT / "benchmarks" / "ten_lines.py").read_text()
    (tmp_path / "echo.py").write_text(honest.replace("data.upper()", "data"))
    done = cpu_per_request("--only", "liar", "--server", f"liar={sys.executable} {tmp_path / 'echo.py'} 0", *SHORT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cpu_per_request: liar: wrong: the server owed b'C000000T0")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "epol"], "unknown server: 'epol'"),
        (["--only", "epoll,tri*/selektors"], "unknown server: 'tri*/selektors'"),
        (["--group", "asyncoi"], "invalid choice: 'asyncoi'"),
        (["--rounds", "0"], "not a whole number above 0: '0'"),
        (["--connections", "100,many"], "not a whole number above 0: 'many'"),
        (["--connections", "1000000000"], "1000000000 connections need more descriptors"),
        (["--seconds", "nan"], "not a number of seconds"),
        (["--server", "mine"], "not NAME=COMMAND: 'mine'"),
        (["--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(arguments: list[str], told: str) -> None:
    done = cpu_per_request(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


INTERRUPTING = """
import os, pathlib, signal, sys
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
os.kill(os.getppid(), signal.SIGINT)
signal.pause()
"""


def test_ctrl_c_ends_the_server_too(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(INTERRUPTING)
    command = f"{sys.executable} {tmp_path / 'server.py'} {tmp_path / 'pid'}"
    done = cpu_per_request("--only", "mine", "--server", f"mine={command}", *SHORT)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
