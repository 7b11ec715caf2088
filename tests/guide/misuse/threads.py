"""Of a loop in a thread."""

import asyncio
import concurrent.futures
import sys
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread

from iomodels import bridge
from tests.guide.misuse.doing import ANYWHERE, misuse, only_in_the_child

__all__: list[str] = []


@misuse
def started_in_a_loop() -> None:
    async def main() -> None:
        bridge.in_thread(name="loop").start()

    asyncio.run(main())


@misuse
def call_in_its_own_thread() -> None:
    with bridge.in_thread(name="loop") as loop:
        loop.call(lambda: loop.call(answer))


@misuse
def result_in_its_own_thread() -> None:
    with bridge.in_thread(name="loop") as loop:
        loop.call(lambda: loop.submit(anyio.sleep_forever).result())


@misuse
def stop_in_its_own_thread() -> None:
    with bridge.in_thread(name="loop") as loop:
        loop.call(loop.stop)


@misuse
def call_in_a_loops_thread() -> None:
    with bridge.in_thread(name="loop") as loop:

        async def main() -> None:
            loop.call(answer)

        asyncio.run(main())


async def in_a_worker(function: Callable[[], Any]) -> None:
    await anyio.to_thread.run_sync(function)


@misuse
def stop_in_its_worker() -> None:
    with bridge.in_thread(name="loop") as loop:
        loop.call(in_a_worker, loop.stop)


@misuse
def call_in_a_child() -> None:
    with bridge.in_thread(name="loop") as loop:
        only_in_the_child()
        loop.call(answer)


@misuse
def call_before_the_start() -> None:
    bridge.in_thread(name="loop").call(answer)


@misuse
def call_after_the_stop() -> None:
    with bridge.in_thread(name="loop") as loop:
        pass
    loop.call(answer)


@misuse
def start_after_the_stop() -> None:
    with bridge.in_thread(name="loop") as loop:
        pass
    loop.start()


@misuse
def stopped_meanwhile() -> None:
    with bridge.in_thread(name="loop") as loop:
        task = loop.submit(anyio.sleep_forever)
    task.result()


def exit_soon() -> None:
    asyncio.get_running_loop().call_soon(sys.exit)


@misuse
def broken_down() -> None:
    with bridge.in_thread(name="loop") as loop:
        ended = loop.submit(anyio.sleep_forever)
        loop.call(exit_soon)
        concurrent.futures.wait([ended])


@misuse
def object_of_another_library() -> None:
    with bridge.in_thread("trio", name="loop") as loop:
        loop.call(asyncio.Event().wait)


@misuse
def future_of_another_loop() -> None:
    with bridge.in_thread(name="loop") as loop, bridge.in_thread(name="other") as other:
        (future,) = loop.call(lambda: [asyncio.get_running_loop().create_future()])
        other.call(lambda: future)


@misuse
def protocol_on_trio() -> None:
    with bridge.in_thread("trio", name="loop") as loop:
        loop.serve(asyncio.Protocol, ANYWHERE)


async def of_a_stream(stream: Any) -> None:
    await stream.aclose()


async def of_two(reader: Any, writer: Any) -> None:
    writer.close(reader)


@misuse
def stream_on_asyncio() -> None:
    with bridge.in_thread(name="loop") as loop:
        loop.serve(of_a_stream, ANYWHERE)


@misuse
def reader_and_writer_on_trio() -> None:
    with bridge.in_thread("trio", name="loop") as loop:
        loop.serve(of_two, ANYWHERE)


@misuse
def coroutine_for_a_function() -> None:
    with bridge.in_thread(name="loop") as loop:
        loop.call(answer())  # type: ignore[call-overload]


async def answer() -> str:
    return "answer"
