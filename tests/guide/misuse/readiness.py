"""Of the bridges for select, poll, epoll and selectors, and of all that is awaited."""

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import Any

import trio

from iomodels import bridge
from tests.guide.misuse.doing import misuse, only_in_the_child, the_one

__all__: list[str] = []


def step(awaitable: Any) -> None:
    """What happens to a coroutine that no loop runs."""
    awaitable.send(None)


def in_another_thread(function: Callable[[], Any]) -> None:
    """Raise here what it raises there."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    raise errors[0]


@misuse
def no_loop() -> None:
    step(bridge.select([], [], [], 0))


@misuse
def no_loop_to_watch() -> None:
    with bridge.watch_blocking(1):
        pass


def waited_on_asyncio() -> bridge.Selector:
    selector = bridge.Selector()

    async def wait() -> None:
        await selector.select(0)

    asyncio.run(wait())
    return selector


@misuse
def selector_of_another_library() -> None:
    trio.run(waited_on_asyncio().select)


@misuse
def selector_of_another_loop() -> None:
    asyncio.run(waited_on_asyncio().select())


@misuse
def selector_in_another_thread() -> None:
    selector = waited_on_asyncio()
    in_another_thread(lambda: selector.register(sys.stdin, 1))


@misuse
def selector_in_a_child() -> None:
    selector = waited_on_asyncio()
    only_in_the_child()
    selector.register(0, 1)


@misuse
def loop_in_a_child() -> None:
    async def main() -> None:
        only_in_the_child()
        await bridge.select([], [], [], 0)

    asyncio.run(main())


@misuse
def two_tasks() -> None:
    async def main() -> None:
        selector = bridge.Selector()
        async with asyncio.TaskGroup() as group:
            group.create_task(selector.select())
            await asyncio.sleep(0)
            await selector.select()

    try:
        asyncio.run(main())
    except* bridge.Misuse as group:
        raise the_one(group) from None
