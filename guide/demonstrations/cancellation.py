"""Edge and level cancellation: a task that is cancelled, takes no notice, and waits again.

On asyncio cancelling is an edge: CancelledError is raised once, and whoever catches it is not cancelled any more. On trio and
anyio it is a level: as long as the scope is cancelled, each `await` that waits raises anew.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import Any

ATTEMPTS = 3


async def stubborn(wait: Callable[[], Awaitable[object]], cancelled: type[BaseException]) -> str:
    """Wait, and when that is cancelled wait again, three times at most: what came of each."""
    came = []
    for _ in range(ATTEMPTS):
        try:
            await wait()
            came.append("waited")
        except cancelled:
            came.append("cancelled")
    return ", ".join(came)


async def on_asyncio() -> str:
    task = asyncio.create_task(stubborn(lambda: asyncio.sleep(0.001), asyncio.CancelledError))
    await asyncio.sleep(0)  # it begins, and waits
    task.cancel()
    return await task


async def in_a_scope(library: Any, cancelled: type[BaseException]) -> str:
    with library.CancelScope() as scope:
        scope.cancel()
        return await stubborn(lambda: library.sleep(0.001), cancelled)
    raise AssertionError("the task has taken notice")


def main() -> None:
    print(f"asyncio  {asyncio.run(on_asyncio())}")
    for name in ("trio", "anyio"):
        try:
            library = importlib.import_module(name)
        except ModuleNotFoundError:
            print(f"{name:9}is not installed")
            continue
        if name == "trio":
            came = library.run(in_a_scope, library, library.Cancelled)
        else:
            came = library.run(in_a_scope, library, asyncio.CancelledError)
        print(f"{name:9}{came}")


if __name__ == "__main__":
    main()
