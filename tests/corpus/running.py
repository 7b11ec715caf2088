"""Corpus programs as processes, for conversations that the contract does not know."""

import contextlib
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from iomodels.contract.server import Launch, free_port
from tests.corpus.header import Program

__all__ = ["datagrams", "line_server", "ran", "started", "stream"]

PATIENCE = 10.0  # seconds until a program takes connections, or answers


@contextlib.contextmanager
def started(program: Program, python: str, **environment: str) -> Iterator[int]:
    """The program, until the block ends; its port. It takes connections: for a program of datagrams use `datagrams`."""
    launch = Launch(shlex.split(program.command(python)), environment=os.environ | environment)
    server = launch.start(wait=PATIENCE)
    try:
        yield server.port
    finally:
        server.kill()


@contextlib.contextmanager
def datagrams(program: Program, python: str, first: bytes) -> Iterator[int]:
    """As `started`, for one that answers datagrams: `first` is sent until it is answered, the only sign that it has begun."""
    port = free_port()
    end = time.monotonic() + PATIENCE
    with (
        subprocess.Popen(shlex.split(program.command(python, str(port)))) as process,
        socket.socket(type=socket.SOCK_DGRAM) as sock,
    ):
        sock.settimeout(0.1)
        sock.connect(("127.0.0.1", port))
        try:
            while True:
                try:
                    sock.send(first)
                    sock.recv(65536)
                    break
                except (ConnectionRefusedError, TimeoutError):  # refused: nobody has bound it yet (udp(7))
                    assert time.monotonic() < end, f"{program.name} answers no datagram"
            yield port
        finally:
            process.kill()


@contextlib.contextmanager
def line_server() -> Iterator[int]:
    """A server of `lines`, for clients to talk to; its port."""
    server = Launch([sys.executable, "-m", "models.threads", "--service", "lines", "--port", "0"]).start()
    try:
        yield server.port
    finally:
        server.kill()


def ran(program: Program, python: str, port: int, said: str = "") -> tuple[int, str]:
    """The exit status and standard output of a client that was given this port, and `said` as its standard input."""
    command = shlex.split(program.command(python, str(port)))
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False, timeout=PATIENCE * 3)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


@contextlib.contextmanager
def stream(port: int) -> Iterator[socket.socket]:
    """A connection to this port that waits no longer than `PATIENCE` for anything."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        yield sock
