"""Every misuse that the guide's page about bridges names, done: each function raises what its name says.

`python -m tests.guide.bridges_misuse NAME` does one, and prints the exception. A process of its own, since some fork.
"""

import asyncio
import os
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import trio

from iomodels import bridge

__all__ = ["MISUSES"]

ANYWHERE = ("127.0.0.1", 0)
MISUSES: dict[str, Callable[[], Any]] = {}


class Handler(socketserver.BaseRequestHandler):
    """Serves whoever comes."""


class Asynchronous(Handler):
    async def handle(self) -> None:  # type: ignore[override]
        pass


def misuse(function: Callable[[], Any]) -> Callable[[], Any]:
    MISUSES[function.__name__] = function
    return function


def step(awaitable: Any) -> None:
    """What happens to a coroutine that no loop runs."""
    awaitable.send(None)


def in_child(function: Callable[[], Any]) -> Callable[[], Any]:
    """A function that is called in a forked child; what it raises there is printed there, and the parent waits."""

    def fork() -> None:
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        function()

    return fork


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


# Awaited.


@misuse
def no_loop() -> None:
    step(bridge.select([], [], [], 0))


@misuse
def no_loop_to_watch() -> None:
    with bridge.watch_blocking(1):
        pass


# select, poll, epoll, Selector.


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
    asyncio.run(waited_on_asyncio().select())  # type: ignore[arg-type]


@misuse
def selector_in_another_thread() -> None:
    selector = waited_on_asyncio()
    in_another_thread(lambda: selector.register(sys.stdin, 1))


@misuse
def selector_in_a_child() -> None:
    selector = waited_on_asyncio()
    in_child(lambda: selector.register(0, 1))()


@misuse
def loop_in_a_child() -> None:
    async def main() -> None:
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
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
        raise group.exceptions[0] from None


# serve.


def served(*arguments: Any, **options: Any) -> None:
    async def main() -> None:
        await bridge.serve(*arguments, **options)

    asyncio.run(main())


@misuse
def forking() -> None:
    served(Handler, ANYWHERE, server=socketserver.ForkingTCPServer)


@misuse
def server_for_a_handler() -> None:
    served(socketserver.ThreadingTCPServer, ANYWHERE)


@misuse
def async_handle() -> None:
    served(Asynchronous, ANYWHERE)


@misuse
def two_addresses() -> None:
    with socketserver.TCPServer(ANYWHERE, Handler) as server:
        served(address=("127.0.0.1", 1), server=server)


@misuse
def served_twice() -> None:
    async def main() -> None:
        server = socketserver.TCPServer(ANYWHERE, Handler)
        with anyio.move_on_after(0.01):
            await bridge.serve(server=server)
        await bridge.serve(server=server)

    asyncio.run(main())


@misuse
def serve_forever_as_well() -> None:
    async def main() -> None:
        server = socketserver.TCPServer(ANYWHERE, Handler)
        async with anyio.create_task_group() as group:
            await group.start(lambda task_status: bridge.serve(server=server, task_status=task_status))
            try:
                await anyio.to_thread.run_sync(server.serve_forever)
            finally:
                group.cancel_scope.cancel()

    try:
        asyncio.run(main())
    except* bridge.Misuse as group:
        raise group.exceptions[0] from None


# in_thread.


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


@misuse
def stop_in_its_worker() -> None:
    with bridge.in_thread(name="loop") as loop:
        loop.call(anyio.to_thread.run_sync, loop.stop)


@misuse
def call_in_a_child() -> None:
    with bridge.in_thread(name="loop") as loop:
        in_child(lambda: loop.call(answer))()


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


@misuse
def broken_down() -> None:
    with bridge.in_thread(name="loop") as loop:
        loop.call(lambda: asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT) and None)
        loop.call(lambda: asyncio.get_running_loop().call_soon(sys.exit) and None)
        anyio.run(anyio.sleep, 0.1)


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


# asyncore: only where there is one.


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
        raise group.exceptions[0] from None


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
        raise group.exceptions[0] from None


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
        raise group.exceptions[0] from None


@asyncore_misuse
def handler_that_forks(asyncore: Any) -> None:
    mine = channel(asyncore)
    mine.theirs.send(b"!")

    def fork() -> None:
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
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


def main() -> None:
    try:
        MISUSES[sys.argv[1]]()
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        os._exit(0)
    print("nothing was raised")


if __name__ == "__main__":
    main()
