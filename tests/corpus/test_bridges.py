"""The corpus under the bridges: what changes in a program, and that it passes what it passed.

`python -m tests.corpus.bridges` asks every case that the originals pass, of each program under each library; here it is a few
telling ones, of each program under one library in turn, and of one program of each way under all.
"""

import ast
import contextlib
import dataclasses
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iomodels.contract.server import free_port
from tests.corpus.bridges import LIBRARIES, bridged, changed, edited, models, prelude, runs_here, text_under
from tests.corpus.bridging.table import BRIDGES, FORKS, WAYS
from tests.corpus.bridging.weaving import unwoven
from tests.corpus.header import Program, programs
from tests.corpus.moves import differs
from tests.corpus.running import PATIENCE, started, stream

PROGRAMS = {program.name: program for program in programs()}
FIRST = {bridge.way: name for name, bridge in reversed(BRIDGES.items())}  # the first program of each way
TURNS = {name: [*LIBRARIES][number % len(LIBRARIES)] for number, name in enumerate(PROGRAMS)}
PAIRS = sorted({*TURNS.items(), *((name, library) for name in FIRST.values() for library in LIBRARIES)})
TELLING = (
    "backpressure/others-served-meanwhile",
    "half-close/pieces-and-fin-queued",
    "integrity/two-interleaved",
    "reset/between-messages",
    "segmentation/byte-by-byte",
    "stop/in-mid-reply",
)


def test_every_program_goes_under_a_bridge() -> None:
    assert BRIDGES.keys() == PROGRAMS.keys()
    assert {bridge.way for bridge in BRIDGES.values()} == WAYS.keys()
    assert set(TURNS.values()) == set(LIBRARIES)


@pytest.mark.parametrize("name", BRIDGES)
def test_the_bridge_is_one_for_its_model(name: str) -> None:
    assert models(PROGRAMS[name]) <= WAYS[BRIDGES[name].way].models


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", BRIDGES)
def test_nothing_changes_but_what_the_table_says_and_async_and_await(name: str, library: str) -> None:
    bridge = BRIDGES[name]
    old = changed(PROGRAMS[name]).read_text()
    lines = text_under(bridge, old, library).splitlines()
    start = prelude(bridge, library)
    where = next(number for number in range(len(lines)) if lines[number : number + len(start)] == start)
    rest = "\n".join([*lines[:where], *lines[where + len(start) :]])
    if bridge.way != "tools":  # coroutines already
        way = WAYS[bridge.way]
        assert ast.dump(unwoven(ast.parse(rest), way.methods)) == ast.dump(ast.parse(edited(bridge, old)))
    assert sum(len(old.splitlines()) for old, _ in bridge.edits) <= 8


@pytest.mark.long
@pytest.mark.parametrize(("name", "library"), PAIRS)
def test_a_program_under_its_bridge_passes_what_it_passed(name: str, library: str, tmp_path: Path) -> None:
    program = PROGRAMS[name]
    if not runs_here(program):
        pytest.skip("it imports what this Python does not have")
    assert not differs(program, bridged(program, library, tmp_path), TELLING)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_forking_server_is_refused(library: str, tmp_path: Path) -> None:
    copy = bridged(PROGRAMS["socketserver_forking"], library, tmp_path, FORKS)
    command = shlex.split(copy.command(sys.executable, str(free_port())))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 1
    assert "Misuse: a forking server forks" in done.stderr
    assert "server= the Threading class of its name" in done.stderr


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_tools_that_are_coroutines_already_serve(library: str, tmp_path: Path) -> None:
    program = PROGRAMS["async_everything_wrong"]
    if not runs_here(program):
        pytest.skip("it imports what this Python does not have")
    copy = bridged(program, library, tmp_path)
    with _tool(copy, "shouter", sys.executable) as port, stream(port) as client, client.makefile("rb") as replies:
        client.sendall(b"one\ntwo\n")
        assert (replies.readline(), replies.readline()) == (b"ONE\n", b"TWO\n")
    with _tool(copy, "sink", sys.executable) as port, stream(port) as client:
        assert client.recv(1) == b""
    port = free_port()
    command = shlex.split(dataclasses.replace(copy, run=f"{{file}} once {port}").command(sys.executable))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            with _connected(port) as client:
                client.sendall(b"abc")
                assert client.recv(10) == b"ABC"
                assert process.communicate(timeout=PATIENCE)[0] == f"{client.getsockname()}\n"
        finally:
            process.kill()


@contextlib.contextmanager
def _tool(program: Program, tool: str, python: str) -> Iterator[int]:
    with started(dataclasses.replace(program, run=f"{{file}} {tool} {{port}}"), python) as port:
        yield port


def _connected(port: int) -> socket.socket:
    """A connection to a program that begins, and that takes no more than this one."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), PATIENCE)
        except ConnectionRefusedError:
            assert time.monotonic() < end
