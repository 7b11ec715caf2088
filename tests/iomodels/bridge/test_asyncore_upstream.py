"""CPython's own tests of asyncore, asynchat and smtpd, with the bridge in place of asyncore: `loop` is awaited on each library.

They come with a Python that still has the modules, 3.11, and are imported from it; of them only the global `asyncore` changes.
"""

import importlib
import unittest
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from iomodels.bridge import asyncore
from tests.iomodels.bridge.asyncore_libraries import LIBRARIES, Run

pytestmark = pytest.mark.long

MODULES = "test_asyncore", "test_asynchat", "test_smtpd"
LOOPLESS = ("test_smtpd",)  # sockets and dispatchers of its own making, and never a loop: once is enough


class AwaitedLoop:
    """The bridge as a module whose `loop` blocks again: it runs the awaited one on a library, in the thread that calls."""

    def __init__(self, run: Run) -> None:
        vars(self)["loop"] = lambda *args, **kwargs: run(partial(asyncore.loop, *args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncore, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(asyncore, name, value)


def _tests(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _tests(test)
        else:
            yield test


def _upstream() -> list[Any]:
    found: list[Any] = []
    for name in MODULES:
        libraries = list(LIBRARIES.items())[: 1 if name in LOOPLESS else None]
        try:
            module = importlib.import_module(f"test.{name}")
        except (ImportError, unittest.SkipTest) as error:
            missing = pytest.mark.skip(reason=f"this Python has no test.{name}: {error}")
            found.append(pytest.param(None, None, "", id=name, marks=missing))
            continue
        for test in _tests(unittest.defaultTestLoader.loadTestsFromModule(module)):
            method = test.id().removeprefix(f"{module.__name__}.")
            found += [pytest.param(run, module, method, id=f"{name}.{method}-{library}") for library, run in libraries]
    return found


@pytest.mark.parametrize(("run", "module", "method"), _upstream())
def test_upstream(run: Run, module: Any, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # they write files
    monkeypatch.setattr(module, "asyncore", AwaitedLoop(run))
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromName(method, module).run(result)
    for _, reason in result.skipped:
        pytest.skip(reason)
    assert not result.errors + result.failures, "\n".join(text for _, text in result.errors + result.failures)
    assert result.testsRun == 1
