"""The memory that is told is the server's: of all its processes, for each connection, and only once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measuring import Server
from benchmarks.memory_per_connection import KIB, read

ROOT = Path(__file__).resolve().parents[2]
CORE = min(os.sched_getaffinity(0))
CONNECTIONS = 20

# Each connection costs it 256 KiB, allocated when the first request comes; the first one of all costs it 64 MiB more.
GREEDY = """
import asyncio, sys
kept = []
async def converse(reader, writer):
    own = None
    while data := await reader.read(100):
        if not kept:
            kept.append(bytearray(b"x") * (64 << 20))
        own = own or bytearray(b"x") * (256 << 10)
        writer.write(data.upper())
    writer.close()
async def main():
    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    print("listening on %s:%d" % server.sockets[0].getsockname(), flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

# A child for each connection, with 256 KiB of its own and 64 MiB that it shares with the parent.
FORKING = """
import os, signal, socket
shared = bytearray(b"x") * (64 << 20)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.create_server(("127.0.0.1", 0))
print("listening on %s:%d" % listener.getsockname(), flush=True)
while True:
    client, _ = listener.accept()
    if not os.fork():
        own = bytearray(b"x") * (256 << 10)
        while data := client.recv(100):
            client.sendall(data.upper())
        os._exit(0)
    client.close()
"""


def test_what_a_connection_makes_is_counted_and_what_is_made_once_is_not() -> None:
    reading = read(Server("greedy", (sys.executable, "-c", GREEDY)), CONNECTIONS, CORE)
    assert 256 * KIB <= reading.each < 512 * KIB
    assert reading.before > 64 << 20
    assert reading.processes == 1


def test_children_are_counted_and_what_they_share_is_counted_once() -> None:
    reading = read(Server("forking", (sys.executable, "-c", FORKING)), CONNECTIONS, CORE)
    assert reading.processes == 1 + 1 + CONNECTIONS
    assert 256 * KIB <= reading.each < 4096 * KIB


def memory_per_connection(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.memory_per_connection", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


SHORT = ("--connections", "20", "--rounds", "2")


def test_a_run_from_end_to_end_has_figures() -> None:
    done = memory_per_connection("--only", "threads,epoll", *SHORT, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    threads, epoll = report["results"]
    assert (threads["server"], epoll["server"]) == ("threads", "epoll")
    assert threads["kib_per_connection"]["min"] <= threads["kib_per_connection"]["median"]
    assert threads["kib_per_connection"]["median"] > 4, "a thread has touched a page of its stack at least"
    assert [reading["connections"] for reading in threads["rounds"]] == [20, 20]


@pytest.mark.parametrize("shape", ["text", "md"])
def test_a_server_that_cannot_run_here_is_reported_and_skipped(shape: str) -> None:
    refusal = f"{sys.executable} -c 'import sys; print(\"no rings here\", file=sys.stderr); sys.exit(3)'"
    done = memory_per_connection("--only", "ten_lines", "--server", f"mine={refusal}", *SHORT, "--format", shape)
    assert (done.returncode, done.stderr) == (0, "")
    assert "skipped: mine: no rings here" in done.stdout
    assert "20 idle connections" in done.stdout
    assert "ten_lines" in done.stdout


def test_a_server_that_does_not_start_fails_the_run_at_its_end() -> None:
    done = memory_per_connection("--only", "ten_lines", "--server", "mine=/nonexistent", *SHORT)
    assert done.returncode == 1
    assert "did not start: mine: " in done.stdout


def test_a_server_that_lies_fails_the_run_at_once(tmp_path: Path) -> None:
    honest = (ROOT / "benchmarks" / "ten_lines.py").read_text()
    (tmp_path / "echo.py").write_text(honest.replace("data.upper()", "data"))
    done = memory_per_connection("--only", "liar", "--server", f"liar={sys.executable} {tmp_path / 'echo.py'} 0", *SHORT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("memory_per_connection: liar: wrong: the server owed b'C000000T0")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "epol"], "unknown server: 'epol'; did you mean epoll?"),
        (["--group", "sync"], "invalid choice: 'sync'"),
        (["--rounds", "0"], "not a whole number above 0: '0'"),
        (["--connections", "100,1000"], "not a whole number above 0: '100,1000'"),
        (["--connections", "1000000000"], "1000000000 connections need more descriptors"),
        (["--server", "mine"], "not NAME=COMMAND: 'mine'"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(arguments: list[str], told: str) -> None:
    done = memory_per_connection(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr
