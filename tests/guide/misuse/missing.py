"""What is missing that is wanted."""

import importlib
import sys

from tests.guide.misuse.doing import misuse

__all__: list[str] = []


@misuse
def no_anyio() -> None:
    without("anyio", "iomodels.bridge")


@misuse
def no_asyncore() -> None:
    without("asyncore", "iomodels.bridge.asyncore")


def without(missing: str, module: str) -> None:
    """Import a module as where another one is not installed."""
    for name in list(sys.modules):
        if name.startswith(("iomodels.bridge", missing)):
            del sys.modules[name]
    sys.modules[missing] = None  # type: ignore[assignment]
    importlib.import_module(module)
