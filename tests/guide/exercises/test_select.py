import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.guide.exercises._programs import PATIENCE, ask, contract
from tests.iomodels.running import ROOT, environment


class Console:
    """The exercise with its standard streams at hand."""

    def __init__(self, process: subprocess.Popen[str], typed: IO[str], said: IO[str]) -> None:
        self.process = process
        self._typed, self._said = typed, said
        host, port = said.readline().split()[-1].split(":")
        self.host, self.port = host, int(port)

    def client(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=PATIENCE)

    def obey(self, *lines: str) -> list[str]:
        """Type these lines at once; an answer for each."""
        print(*lines, sep="\n", file=self._typed, flush=True)
        return [self._said.readline().strip() for _ in lines]


@contextmanager
def console() -> Iterator[Console]:
    command = [sys.executable, "-m", "guide.exercises.select", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT, env=environment(), text=True) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            yield Console(process, process.stdin, process.stdout)
        finally:
            process.kill()


def test_the_operator_is_heard_while_clients_are_served() -> None:
    with console() as server, server.client() as one, server.client() as other:
        for client in (one, other):
            assert ask(client, b"in") == b"IN"
        [listed] = server.obey("who")
        addresses = ["{}:{}".format(*client.getsockname()) for client in (one, other)]
        assert [entry.split(": ")[1] for entry in listed.split(", ")] == addresses
        number = listed.split(":")[0]
        assert server.obey(f"close {number}", "what?") == [f"{number} is let go", "who, or close NUMBER"]
        assert one.recv(1) == b""
        assert ask(other, b"on") == b"ON"


def test_the_end_of_the_console_is_not_the_end_of_the_server_and_costs_nothing() -> None:
    ended = contract("select", "leaks/cpu-idle", "half-close/flushes-then-fin")  # /dev/null is at its end from the first
    assert ended.returncode == 0, ended.stdout
