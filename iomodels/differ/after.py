"""What a command says of a server's work, after a conversation."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from iomodels.contract.server import ServerError

__all__ = ["output"]

LONGEST = 60.0  # seconds that it may take


def output(command: str, directory: Path | None) -> bytes:
    """What a command writes, and its exit status where it is not 0. Raises ServerError when it does not end."""
    words: Sequence[str] = ("sh", "-c", command)
    try:
        ran = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LONGEST,
            check=False,
            cwd=directory,
        )
    except subprocess.TimeoutExpired as error:
        raise ServerError(f"--after did not end within {LONGEST:g} s: {command}") from error
    return ran.stdout + (f"(exit status {ran.returncode})\n".encode() if ran.returncode else b"")
