"""The loops that tests of `in_thread` run on, and ways to wait with a bound."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from iomodels.bridge.threads import LoopThread, in_thread

T = TypeVar("T")

BOUND = 20.0  # seconds: what hangs fails

KINDS: dict[str, dict[str, Any]] = {
    "asyncio": {"library": "asyncio"},
    "uvloop": {"library": "asyncio", "use_uvloop": True},
    "trio": {"library": "trio"},
    "anyio": {"library": "anyio"},
    "anyio-trio": {"library": "anyio", "backend": "trio"},
}


def loop_of(kind: str, **options: Any) -> LoopThread:
    return in_thread(**KINDS[kind], **options)


def bounded(function: Callable[[], T], seconds: float = BOUND) -> T:
    """Call it in another thread, and fail if it takes longer than `seconds`."""
    outcome: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"
    if errors:
        raise errors[0]
    return outcome[0]
