"""asyncore's own blocking calls are refused where an event loop runs: whoever still imports asyncore is told so at once."""

import functools
from typing import Any

from iomodels.bridge.asyncore.original import original
from iomodels.bridge.misuse import WouldBlock, refuse_a_loop

__all__ = ["guard"]


def guard() -> None:
    """Have asyncore's `loop`, `poll`, `poll2` and `poll3` raise WouldBlock where they would block a running event loop."""
    blocking_loop = original.loop

    @functools.wraps(blocking_loop)
    def loop(timeout: float | None = 30.0, use_poll: bool = False, map: Any = None, count: int | None = None) -> None:  # noqa: A002
        if timeout != 0 or count is None:
            refuse_a_loop(
                "asyncore.loop() blocks", "from iomodels.bridge import asyncore, and await asyncore.loop()", WouldBlock
            )
        blocking_loop(timeout, use_poll, map, count)

    original.loop = loop
    original.poll = _guarded(original.poll, "")
    original.poll2 = original.poll3 = _guarded(original.poll2, ", use_poll=True")


def _guarded(poll: Any, more: str) -> Any:
    @functools.wraps(poll)
    def guarded(timeout: float | None = 0.0, map: Any = None) -> None:  # noqa: A002
        if timeout != 0:
            fix = f"from iomodels.bridge import asyncore, and await asyncore.loop({timeout}{more}, count=1)"
            refuse_a_loop(f"asyncore.{poll.__name__}({timeout}) blocks", fix, WouldBlock)
        poll(timeout, map)

    return guarded
