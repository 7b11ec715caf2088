"""What the tests of a model on asyncio, trio and anyio share: the same test on each, in a loop of that library."""

import importlib
from types import ModuleType
from typing import NamedTuple

import pytest


class Library(NamedTuple):
    """A package of models, and what anyio runs the test on."""

    name: str
    backend: str

    def model(self, name: str) -> ModuleType:
        """`async_models.trio.client`."""
        return importlib.import_module(f"async_models.{self.name}.{name}")

    def ground(self, name: str) -> ModuleType:
        """`async_models.ground.dial_trio`."""
        return importlib.import_module(f"async_models.ground.{name}_{self.name}")


LIBRARIES = {
    "asyncio": Library("asyncio", "asyncio"),
    "trio": Library("trio", "trio"),
    "anyio": Library("anyio", "asyncio"),
    "anyio+trio": Library("anyio", "trio"),
}


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> Library:
    here = LIBRARIES[request.param]
    pytest.importorskip("anyio")
    pytest.importorskip(here.name)
    pytest.importorskip(here.backend)
    return here


@pytest.fixture
def anyio_backend(library: Library) -> str:
    """Read by anyio's pytest plugin."""
    return library.backend
