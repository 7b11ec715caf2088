"""What the tests of the exercises share: a solution as the program that its reader starts, and talking to it."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from iomodels.contract.server import Launch, Server
from tests.iomodels.running import ROOT, environment

__all__ = ["PATIENCE", "Room", "ask", "contract", "running", "running_command"]

PATIENCE = 10.0  # seconds until a test gives an event up


def running(exercise: str, *arguments: str, before: Sequence[str] = ()) -> AbstractContextManager[Server]:
    """A solution, from its ready line on; ended with the block. before: words in front of its command."""
    return running_command([*before, sys.executable, "-m", f"guide.exercises.{exercise}", *arguments])


@contextmanager
def running_command(command: Sequence[str]) -> Iterator[Server]:
    """A program that says when it listens, likewise."""
    server = Launch(command, environment=environment(), directory=ROOT).start()
    try:
        yield server
    finally:
        server.stop()


class Room(ExitStack):
    """Clients of a server, closed with the block."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def client(self) -> socket.socket:
        return self.enter_context(socket.create_connection((self._server.host, self._server.port), timeout=PATIENCE))


def ask(client: socket.socket, words: bytes) -> bytes:
    """Send it, and read as many bytes as come back of it; fewer where the server has ended the connection."""
    client.sendall(words)
    came = bytearray()
    while len(came) < len(words) and (data := client.recv(len(words) - len(came))):
        came += data
    return bytes(came)


def contract(exercise: str, *cases: str) -> subprocess.CompletedProcess[str]:
    """Cases of the contract on a solution that takes the models' options."""
    command = f"{sys.executable} -m guide.exercises.{exercise} --port {{port}}"
    only = [word for case in cases for word in ("--only", case)]
    words = [sys.executable, "-m", "iomodels", "check", "--cmd", command, *only]
    return subprocess.run(words, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False)
