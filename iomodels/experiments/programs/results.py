"""How late a caller knows the outcome of an asynchronous call, and how much of a core it wants until then, by how it learns.

Arguments: how often, then ways. The call is made in another process, which notes when it was done, on the clock that all
processes share. Prints {way: [[ns late, ...], share of a core], ...}.
"""

import asyncio
import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor

from iomodels.experiments.programs.wanted import wanted

WORK = 0.02  # seconds: long against all that is measured
PAUSE = 0.001  # seconds between two questions of who does not ask all the time


def work() -> int:
    """The call; it returns when it was done."""
    time.sleep(WORK)
    return time.monotonic_ns()


def result(future: "Future[int]") -> int:
    return _late(future.result())


def done_again_and_again(future: "Future[int]") -> int:
    while not future.done():
        pass
    return _late(future.result())


def done_now_and_then(future: "Future[int]") -> int:
    while not future.done():
        time.sleep(PAUSE)
    return _late(future.result())


def callback(future: "Future[int]") -> int:
    told = threading.Event()
    late: list[int] = []

    def hear(future: "Future[int]") -> None:
        late.append(_late(future.result()))
        told.set()

    future.add_done_callback(hear)
    told.wait()
    return late[0]


async def awaited(future: "Future[int]") -> int:
    return _late(await asyncio.wrap_future(future))


async def done_on_a_loop(future: "Future[int]") -> int:
    while not future.done():
        await asyncio.sleep(0)
    return _late(future.result())


def _late(done: int) -> int:
    return time.monotonic_ns() - done


def main() -> None:
    often = int(sys.argv[1])
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool, asyncio.Runner() as loop:
        pool.submit(work).result()  # the process has begun
        told = {}
        for name in sys.argv[2:]:
            way: Callable[..., object] = globals()[name]
            late, so_far, began = [], wanted(), time.monotonic_ns()
            for _ in range(often):
                future = pool.submit(work)
                late.append(loop.run(way(future)) if asyncio.iscoroutinefunction(way) else way(future))
            told[name] = [late, (wanted() - so_far) / (time.monotonic_ns() - began)]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
