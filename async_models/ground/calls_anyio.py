"""Showing calls on anyio: the command line, and the backend that it asks for."""

import logging
from collections.abc import Awaitable, Callable

from async_models.ground.anyio import add_options, choose_backend, run_loop
from async_models.ground.calls import shown

__all__ = ["run"]


def run(show: Callable[[], Awaitable[None]]) -> None:
    """Run `show()` on the backend that `--backend` says."""
    # At the end anyio kills each process twice. Until Python 3.13 the second kill may reap it before asyncio's own watcher
    # does, which then warns (cpython#87744).
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    with shown(add_options) as options:
        run_loop(choose_backend(options), show)
