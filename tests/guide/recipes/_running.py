"""Running a recipe: the four programs of one folder, before and after, each as a reader would start it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iomodels.contract.server import Launch, Server

__all__ = ["RECIPES", "VERSIONS", "each_version", "run_server", "script"]

RECIPES = Path(__file__).resolve().parents[3] / "guide" / "recipes"
VERSIONS = ["before", "on_asyncio", "on_trio", "on_anyio"]

each_version = pytest.mark.parametrize("version", VERSIONS)


def script(recipe: str, version: str) -> Path:
    """The program of a recipe: `before`, or after, on one of the libraries."""
    return RECIPES / recipe / f"{version}.py"


@contextmanager
def run_server(recipe: str, version: str, *arguments: str) -> Iterator[Server]:
    """A recipe's server on a free port, from its ready line on; ended with the block, well or not."""
    server = Launch([sys.executable, str(script(recipe, version)), "0", *arguments]).start()
    try:
        yield server
    finally:
        server.stop()
