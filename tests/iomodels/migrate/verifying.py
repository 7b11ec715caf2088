"""What the tests of `migrate --verify` share: small servers, the command in this process, and a rewrite that is wrong."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from iomodels.cli import main
from iomodels.migrate import moving
from iomodels.migrate.rewrite import rewrite
from tests.iomodels.running import Ran

__all__ = ["COMMAND", "SERVER", "Migrate", "spoil"]

COMMAND = f"{sys.executable} {{file}} {{port}}"
SERVER = """\
import socket
import sys
import threading


def serve(client):
    with client:
        while data := client.recv(65536):
            client.sendall(data.upper())


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,)).start()


if __name__ == "__main__":
    main()
"""


@dataclass
class Migrate:
    """Runs `iomodels migrate` in a folder, in this process, so that a test may replace a part of it."""

    folder: Path
    captured: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, to: str = "trio") -> Ran:
        self.captured.readouterr()
        status = main(["migrate", "--to", to, *arguments])
        output, errors = self.captured.readouterr()
        return Ran(status, output, errors)

    def verified(self, *arguments: str, to: str = "trio", command: str = COMMAND) -> Ran:
        """With --verify, and no more than one conversation is generated unless a kind is named."""
        kinds = () if "--kind" in arguments else ("--kind", "plain")
        return self(*arguments, *kinds, "--verify", command, to=to)


def spoil(monkeypatch: pytest.MonkeyPatch, wrong: Callable[[str], str], only: str = "") -> None:
    """Let the rewriting make a mistake. only: in files that have this in their path."""

    def rewriting(source: str, path: str, *arguments, **more):  # type: ignore[no-untyped-def]
        done = rewrite(source, path, *arguments, **more)
        if not done.changes or only not in path:
            return done
        return replace(done, text=wrong(done.text))

    monkeypatch.setattr(moving, "rewrite", rewriting)
