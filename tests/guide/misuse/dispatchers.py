"""Of the bridge for asyncore. Each needs one."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import trio

from iomodels import bridge
from tests.guide.misuse.doing import MISUSES, only_in_the_child, the_one

__all__: list[str] = []


def channel(asyncore: Any) -> Any:
    """A dispatcher that waits for ever; its other end is kept beside it."""
    mine, theirs = socket.socketpair()
    waiting = asyncore.dispatcher(mine)
    waiting.writable = lambda: False
    waiting.theirs = theirs
    return waiting


def asyncore_misuse(function: Callable[[Any], Any]) -> None:
    def do() -> None:
        from iomodels.bridge import asyncore

        function(asyncore)

    MISUSES[f"asyncore_{function.__name__}"] = do


@asyncore_misuse
def two_loops(asyncore: Any) -> None:
    async def main() -> None:
        channel(asyncore)
        async with anyio.create_task_group() as group:
            group.start_soon(asyncore.loop)
            await anyio.sleep(0)
            await asyncore.loop()

    try:
        asyncio.run(main())
    except* bridge.Misuse as group:
        raise the_one(group) from None


@asyncore_misuse
def loop_in_another_thread(asyncore: Any) -> None:
    async def main() -> None:
        channel(asyncore)
        async with anyio.create_task_group() as group:
            group.start_soon(asyncore.loop)
            await anyio.sleep(0)
            try:
                await anyio.to_thread.run_sync(trio.run, asyncore.loop)
            finally:
                group.cancel_scope.cancel()

    try:
        asyncio.run(main())
    except* bridge.Misuse as group:
        raise the_one(group) from None


@asyncore_misuse
def close_all_in_another_thread(asyncore: Any) -> None:
    async def main() -> None:
        channel(asyncore)
        async with anyio.create_task_group() as group:
            group.start_soon(asyncore.loop)
            await anyio.sleep(0)
            try:
                await anyio.to_thread.run_sync(asyncore.close_all)
            finally:
                group.cancel_scope.cancel()

    try:
        asyncio.run(main())
    except* bridge.Misuse as group:
        raise the_one(group) from None


@asyncore_misuse
def handler_that_forks(asyncore: Any) -> None:
    mine = channel(asyncore)
    mine.theirs.send(b"!")

    def fork() -> None:
        only_in_the_child()
        mine.recv(1)

    mine.handle_read = fork
    asyncio.run(asyncore.loop())


@asyncore_misuse
def original_loop(asyncore: Any) -> None:  # noqa: ARG001
    import asyncore as original

    async def main() -> None:
        original.loop()

    asyncio.run(main())


@asyncore_misuse
def original_poll(asyncore: Any) -> None:
    async def main() -> None:
        asyncore.poll(1)

    asyncio.run(main())
