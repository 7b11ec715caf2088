"""The awaited objects as blocking ones again, for CPython's own tests: all calls run in one loop, which stays."""

import asyncio
import gc
import importlib
import unittest
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

__all__ = ["HOMES", "Blocking", "Home", "each_home", "module", "passes"]


class Home(Protocol):
    """A loop that lasts. call: a function, beside it or in its thread; wait: an async function, in it."""

    def call(self, function: Callable[..., Any], *args: Any) -> Any: ...

    def wait(self, function: Callable[..., Any], *args: Any) -> Any: ...


class Here:
    """asyncio's loop, in the thread that calls, where signals' handlers run."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    def wait(self, function: Callable[..., Any], *args: Any) -> Any:
        return self.runner.run(function(*args))


class There:
    """A loop in a thread of its own."""

    def __init__(self, portal: BlockingPortal) -> None:
        self.portal = portal

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return self.portal.call(function, *args)

    wait = call


@contextmanager
def on_asyncio() -> Iterator[Home]:
    with asyncio.Runner() as runner:
        yield Here(runner)


@contextmanager
def on_trio() -> Iterator[Home]:
    with start_blocking_portal("trio") as portal:
        try:
            yield There(portal)
        finally:
            portal.call(portal.stop, True)  # what a test left waiting


HOMES: dict[str, Callable[[], AbstractContextManager[Home]]] = {"asyncio": on_asyncio, "trio": on_trio}

each_home = pytest.mark.parametrize("home", HOMES.values(), ids=HOMES.keys())


class Blocking:
    """An object of which all calls are blocking ones. awaited: the names of those that are to be awaited."""

    def __init__(self, home: Home, made: Any, *awaited: str) -> None:
        vars(self).update(home=home, made=made, awaited=awaited)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.made, name)
        if not callable(found):
            return found
        run = self.home.wait if name in self.awaited else self.home.call

        def blocking(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                return run(lambda: found(*args, **kwargs))
            return run(found, *args)

        return blocking

    def __enter__(self) -> "Blocking":
        self.made.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def module(name: str) -> Any:
    """A module of CPython's own tests, or the test that asks is skipped."""
    try:
        return importlib.import_module(f"test.{name}")
    except (ImportError, unittest.SkipTest) as error:
        pytest.skip(f"this Python has no test.{name}: {error}")


def passes(case: type[unittest.TestCase], name: str) -> None:
    """Run one test of a class; what it skips is skipped."""
    result = unittest.TestResult()
    case(name).run(result)
    gc.collect()  # test_fromfd leaves an object that will close a number that is not its own any more
    for _, reason in result.skipped:
        pytest.skip(reason)
    assert not result.errors + result.failures, "\n".join(text for _, text in result.errors + result.failures)
    assert result.testsRun == 1
