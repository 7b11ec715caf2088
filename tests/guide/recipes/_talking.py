"""Talking to a recipe's server: clients with sharp edges, and programs with a line taken away."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from iomodels.contract.profile import Profile
from iomodels.contract.server import Server
from iomodels.contract.trial import Trial, dialect
from tests.guide.recipes._running import run_server, script

__all__ = ["altered", "serving", "wait_for_words"]

LOOK = 0.01  # seconds between two looks at what a server has written


def wait_for_words(server: Server, words: str, seconds: float = 10.0) -> None:
    """Wait until `words` are in what the server has written to standard error: it may write them after the client's end."""
    give_up = time.monotonic() + seconds
    while words not in server.log():
        assert time.monotonic() < give_up, f"no {words!r}: {server.epitaph()}"
        time.sleep(LOOK)


@contextmanager
def serving(recipe: str, version: str, *arguments: str) -> Iterator[Trial]:
    """A recipe's server, and the means to talk to it: `connect`, `stuck`, `server`, ... of a `Trial` with the service upper."""
    with run_server(recipe, version, *arguments) as server:
        address = (server.host, server.port)
        with closing(Trial(address, dialect("upper"), Profile(), server=server)) as trial:
            yield trial


def altered(directory: Path, recipe: str, version: str, changes: Mapping[str, str]) -> str:
    """One version of a recipe with the text of `changes`, which must be in it, replaced: as `version` for `serving`.

    It shows what happens to whoever leaves out what a page says not to, and that the recipe's test can fail.
    """
    text = script(recipe, version).read_text()
    for old, new in changes.items():
        assert old in text, f"{version} of {recipe} has no {old!r} any more"
        text = text.replace(old, new)
    (directory / f"{version}.py").write_text(text)
    return str(directory / version)
