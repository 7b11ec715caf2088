"""What was rewritten still does what it did: coroutines in which calls waited, clients, and loops of datagrams."""

import asyncio
import contextlib
import os
import runpy
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from errno import ECONNREFUSED
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from iomodels.contract.server import Launch, free_port
from iomodels.migrate.rewrite import Target, rewrite
from tests.corpus.running import line_server, stream

INPUTS = Path(__file__).parent / "inputs"
PATIENCE = 30.0
FORMS = pytest.mark.parametrize("target", [None, *Target], ids=["before", *Target])
Main = Callable[[], Coroutine[Any, Any, list[object]]]


def program(name: str, target: Target | None, folder: Path) -> Path:
    """A program, as it is or rewritten."""
    text = (INPUTS / f"{name}.py").read_text()
    file = folder / f"{name}.py"
    file.write_text(text if target is None else rewrite(text, str(file), target).text)
    return file


def ran(file: Path, *arguments: object) -> str:
    command = [sys.executable, str(file), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert not done.stderr
    assert done.returncode == 0
    return done.stdout


RUN: dict[Target, Callable[[Main], list[object]]] = {
    Target.ASYNCIO: lambda main: asyncio.run(main()),
    Target.TRIO: trio.run,
    Target.ANYIO: anyio.run,
}


@pytest.mark.parametrize("target", Target)
def test_what_waited_in_a_coroutine_gives_what_it_gave(target: Target, tmp_path: Path) -> None:
    before = runpy.run_path(str(program("blocking_in_async", None, tmp_path)))["main"]
    after = runpy.run_path(str(program("blocking_in_async", target, tmp_path)))["main"]
    assert RUN[target](after) == RUN[Target.ASYNCIO](before)


@FORMS
def test_a_client_asks_and_is_told_when_nobody_listens(target: Target | None, tmp_path: Path) -> None:
    file = program("client_function", target, tmp_path)
    with line_server() as port:
        assert ran(file, port, free_port()) == "nobody\nsomebody\nFIRST\n"


@FORMS
def test_a_client_of_lines_gets_them_one_by_one(target: Target | None, tmp_path: Path) -> None:
    with line_server() as port:
        assert ran(program("client_lines", target, tmp_path), port) == "ONE\nTWO\n"


@FORMS
def test_clients_that_connect_their_sockets_do_as_well(target: Target | None, tmp_path: Path) -> None:
    with line_server() as port:
        assert ran(program("client_socket", target, tmp_path), port) == "HELLO\nTHREE\n"


@FORMS
def test_clients_that_try_again_say_what_they_said(target: Target | None, tmp_path: Path) -> None:
    refused = f"[Errno {ECONNREFUSED}] {os.strerror(ECONNREFUSED)}"
    with line_server() as port:
        said = ran(program("client_retry", target, tmp_path), port, free_port()).splitlines()
    assert said[:5] == [f"attempt 1 {refused}", f"attempt 2 {refused}", "nobody", f"no answer: {refused}", "asked"]
    assert said[5:] == ["ONE", "TWO", "asked", refused, "THREE"]


@FORMS
def test_a_client_that_connects_anew_goes_on_after_an_error(target: Target | None, tmp_path: Path) -> None:
    with line_server() as port:
        said = ran(program("client_reconnect", target, tmp_path), port, free_port()).splitlines()
    assert said == [f"next: [Errno {ECONNREFUSED}] {os.strerror(ECONNREFUSED)}", "FOUR"]


@FORMS
def test_connections_that_a_function_returns_are_those_that_it_made(target: Target | None, tmp_path: Path) -> None:
    refused = f"[Errno {ECONNREFUSED}] {os.strerror(ECONNREFUSED)}"
    with line_server() as port:
        said = ran(program("client_returned", target, tmp_path), port, free_port()).splitlines()
    assert said == ["False False", "True True", "ONE", f"attempt 1 {refused}", f"attempt 2 {refused}", "nobody"]


@FORMS
def test_options_that_are_set_early_are_set(target: Target | None, tmp_path: Path) -> None:
    with line_server() as port:
        said = ran(program("client_options", target, tmp_path), port, free_port()).splitlines()
    assert said == [f"[Errno {ECONNREFUSED}] {os.strerror(ECONNREFUSED)}", "ONE True", "TWO 0"]


@FORMS
def test_datagrams_are_answered_in_order_until_one_says_stop(target: Target | None, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, str(program("udp_loop", target, tmp_path)), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, socket.socket(type=socket.SOCK_DGRAM) as peer:
        try:
            peer.settimeout(0.2)
            peer.connect(("127.0.0.1", port))
            while True:
                try:
                    peer.send(b"?")
                    peer.recv(100)
                    break
                except (ConnectionRefusedError, TimeoutError):
                    assert process.poll() is None
            peer.settimeout(PATIENCE)
            peer.send(b"a")
            while not (answer := peer.recv(100)).endswith(b" a"):
                pass  # late answers to the first question, which may have been asked more than once
            first, _, _ = answer.partition(b" ")
            for number, text in enumerate([b"b", b"c", b"stop"], int(first) + 1):
                peer.send(text)
                assert peer.recv(100) == b"%d %b" % (number, text)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


@FORMS
def test_a_relay_passes_on_the_end_of_input_as_such(target: Target | None, tmp_path: Path) -> None:
    file = program("relay", target, tmp_path)
    with line_server() as behind:
        server = Launch([sys.executable, str(file), "{port}", str(behind)]).start(wait=PATIENCE)
        try:
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(stream(server.port)) for _ in range(4)]
                for number, client in enumerate(clients):
                    client.sendall(b"line of %d\nand the rest" % number)
                    client.shutdown(socket.SHUT_WR)
                for number, client in reversed([*enumerate(clients)]):
                    assert b"".join(iter(partial(client.recv, 100), b"")) == b"LINE OF %d\nAND THE REST\n" % number
        finally:
            server.kill()
    server = Launch([sys.executable, str(file), "{port}", str(free_port())]).start(wait=PATIENCE)
    try:
        with stream(server.port) as client:
            assert client.recv(100) == b"", "nobody is behind it"
    finally:
        server.kill()


@FORMS
def test_who_was_asked_again_and_again_is_answered(target: Target | None, tmp_path: Path) -> None:
    server = Launch([sys.executable, str(program("nonblocking_polling", target, tmp_path)), "{port}"]).start(wait=PATIENCE)
    try:
        with stream(server.port) as first, stream(server.port) as second:
            for client, text in ((first, b"one"), (second, b"two"), (first, b"three")):
                client.sendall(text)
                assert client.recv(100) == text.upper()
            first.shutdown(socket.SHUT_WR)
            assert first.recv(100) == b""
            second.sendall(b"four")
            assert second.recv(100) == b"FOUR"
    finally:
        server.kill()
