"""The deadlocks that other bridges between threads and loops are known for, each of which must not be one here."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import anyio
import anyio.to_thread
import pytest

from iomodels.bridge.misuse import NestedLoop, Stopped, WouldBlock
from iomodels.bridge.threads import LoopThread
from tests.iomodels.bridge.loops_in_threads import BOUND, KINDS, bounded, loop_of

ToThread = Callable[..., Coroutine[Any, Any, Any]]


async def _trio_to_thread(function: Callable[..., Any], *args: Any) -> Any:
    import trio

    return await trio.to_thread.run_sync(function, *args)


async def _executor(function: Callable[..., Any], *args: Any) -> Any:
    """Without the context variables."""
    return await asyncio.get_running_loop().run_in_executor(None, function, *args)


# Each way to a worker thread, on each library that has it.
WAYS: list[tuple[str, str, ToThread]] = [
    *((kind, "anyio", anyio.to_thread.run_sync) for kind in KINDS),
    *((kind, "asyncio", asyncio.to_thread) for kind in ("asyncio", "uvloop", "anyio")),
    *((kind, "executor", _executor) for kind in ("asyncio", "uvloop", "anyio")),
    *((kind, "trio", _trio_to_thread) for kind in ("trio", "anyio-trio")),
]
each_way = pytest.mark.parametrize(("kind", "to_thread"), [pytest.param(k, t, id=f"{k}-{n}") for k, n, t in WAYS])
each_kind = pytest.mark.parametrize("kind", KINDS)


async def in_a_task(function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """Await it in a task of its own, as gather, wait_for and shield do."""
    results: list[Any] = []

    async def keep() -> None:
        results.append(await function(*args))

    async with anyio.create_task_group() as group:
        group.start_soon(keep)
    return results[0]


@each_way
def test_asgiref_249_a_worker_thread_wanted_in_a_new_task_below_one_that_waits(kind: str, to_thread: ToThread) -> None:
    """thread -> loop -> new task -> thread, with one thread: the inner function was queued behind the one that waits for it."""
    with loop_of(kind, threads=1) as loop:

        def db_write() -> str:
            return "written"

        def view() -> Any:
            return loop.call(in_a_task, to_thread, db_write)

        assert bounded(lambda: loop.call(to_thread, view)) == "written"


@each_way
def test_asgiref_348_the_same_below_a_timeout(kind: str, to_thread: ToThread) -> None:
    """wait_for makes a task: a worker thread asked for within it never came, until the timeout struck, if there was one."""
    with loop_of(kind, threads=1) as loop:

        async def view() -> Any:
            with anyio.fail_after(BOUND):
                return await in_a_task(to_thread, lambda: "done")

        def middleware() -> Any:
            return loop.call(view)

        assert bounded(lambda: loop.call(to_thread, middleware)) == "done"


@each_way
def test_asgiref_323_two_at_once_in_one_task_tree_are_no_deadlock_and_not_called_one(kind: str, to_thread: ToThread) -> None:
    """Two worker threads wanted at once where there is one: "would deadlock" was raised though the second had only to wait."""
    with loop_of(kind, threads=1) as loop:
        done: list[int] = []

        async def two() -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(to_thread, done.append, 1)
                group.start_soon(to_thread, done.append, 2)

        bounded(lambda: loop.call(two))
        bounded(lambda: loop.call(to_thread, loop.call, two))
        assert sorted(done) == [1, 1, 2, 2]


@each_way
def test_asgiref_482_with_one_thread_no_two_pieces_of_sync_code_run_at_once(kind: str, to_thread: ToThread) -> None:
    """Several executors came to be used where one was promised, and code that relied on it locked itself out."""
    lock = threading.Lock()  # what a database's transaction is
    clashes: list[str] = []

    def transaction() -> None:
        if not lock.acquire(blocking=False):
            clashes.append(threading.current_thread().name)
            return
        try:
            threading.Event().wait(0.001)
        finally:
            lock.release()

    with loop_of(kind, threads=1) as loop:

        def view() -> None:
            transaction()
            loop.call(in_a_task, to_thread, transaction)
            transaction()

        async def many() -> None:
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(to_thread, transaction)

        async def views() -> None:
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(to_thread, lambda: loop.call(in_a_task, to_thread, lambda: None))

        bounded(lambda: loop.call(many))
        bounded(lambda: loop.call(to_thread, view))
        bounded(lambda: loop.call(views))
        bounded(lambda: loop.call(many))
    assert clashes == []


@pytest.mark.parametrize("kind", ["asyncio", "uvloop", "anyio"])
def test_asgiref_495_an_executor_that_refuses_says_so_each_time_and_is_not_called_a_deadlock(kind: str) -> None:
    """After one "cannot schedule new futures after shutdown" each further call was told that it would deadlock."""
    with loop_of(kind, threads=1) as loop, concurrent.futures.ThreadPoolExecutor(1) as broken:
        broken.shutdown()

        async def use() -> None:
            await asyncio.get_running_loop().run_in_executor(broken, int)

        def worker() -> None:
            loop.call(use)

        for _ in range(3):
            with pytest.raises(RuntimeError, match="after shutdown"):
                bounded(lambda: loop.call(use))
            with pytest.raises(RuntimeError, match="after shutdown"):
                bounded(lambda: loop.call(asyncio.to_thread, worker))
        assert bounded(lambda: loop.call(asyncio.to_thread, lambda: 1)) == 1


@each_way
def test_asgiref_495_an_error_in_the_middle_leaves_the_next_call_as_good_as_the_first(kind: str, to_thread: ToThread) -> None:
    """State that marks a thread as waiting outlived an exception, and condemned what came after."""
    with loop_of(kind, threads=1) as loop:

        def fails() -> None:
            raise KeyError("in the middle")

        def chain() -> Any:
            return loop.call(in_a_task, to_thread, fails)

        def sound() -> Any:
            return loop.call(in_a_task, to_thread, lambda: "sound")

        for _ in range(3):
            with pytest.raises(ExceptionGroup) as caught:
                bounded(lambda: loop.call(to_thread, chain))
            assert caught.group_contains(KeyError, match="in the middle")
            assert bounded(lambda: loop.call(to_thread, sound)) == "sound"


class Facade:
    """A class for threads over asynchronous code, as zeroconf's is."""

    def __init__(self, kind: str) -> None:
        self.loop: LoopThread = loop_of(kind)

    def __enter__(self) -> "Facade":
        self.loop.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.loop.stop()

    def ask(self) -> str:
        return self.loop.call(self.ask_async)

    async def ask_async(self) -> str:
        await anyio.sleep(0)
        return "answer"


@each_kind
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_zeroconf_893_a_sync_facade_in_a_running_loop_says_so_at_once(kind: str, backend: str) -> None:
    """The facade attached to the loop that ran, blocked it, and waited for it: a timeout, and nothing that named the cause."""

    async def main() -> None:
        with pytest.raises(NestedLoop, match="to_thread"), Facade(kind):
            pytest.fail("it was entered")

        def sync() -> str:
            with Facade(kind) as facade:
                return facade.ask()

        assert await anyio.to_thread.run_sync(sync) == "answer"

    bounded(lambda: anyio.run(main, backend=backend))


@each_kind
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_zeroconf_893_a_facade_made_before_the_loop_and_used_in_it(kind: str, backend: str) -> None:
    with Facade(kind) as facade:

        async def main() -> None:
            with pytest.raises(WouldBlock, match="to_thread"):
                facade.ask()
            assert await anyio.to_thread.run_sync(facade.ask) == "answer"
            assert await facade.loop.submit(facade.ask_async) == "answer"

        bounded(lambda: anyio.run(main, backend=backend))

        async def inside() -> str:
            with pytest.raises(WouldBlock, match="await"):
                facade.ask()
            return await facade.ask_async()

        assert bounded(lambda: facade.loop.call(inside)) == "answer"


@each_way
def test_a_chain_ten_deep_with_one_thread(kind: str, to_thread: ToThread) -> None:
    with loop_of(kind, threads=1) as loop:

        def down(depth: int) -> Any:
            return loop.call(to_thread, down, depth - 1) if depth else "bottom"

        assert bounded(lambda: loop.call(to_thread, down, 10)) == "bottom"


@each_way
def test_every_thread_waits_at_once(kind: str, to_thread: ToThread) -> None:
    """All threads of the pool wait for functions that have yet to find one."""
    with loop_of(kind, threads=4) as loop:
        together = threading.Barrier(4)

        def work() -> Any:
            together.wait(BOUND)
            return loop.submit(to_thread, lambda: 1).result()

        async def four() -> None:
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(to_thread, work)

        bounded(lambda: loop.call(four))


@each_way
def test_a_chain_that_is_cancelled_in_the_middle(kind: str, to_thread: ToThread) -> None:
    with loop_of(kind, threads=1) as loop:
        begun, ended = threading.Event(), threading.Event()

        async def inner() -> None:
            try:
                await anyio.sleep_forever()
            finally:
                ended.set()

        inner_task: list[Any] = []

        def work() -> None:
            inner_task.append(loop.submit(inner))
            loop.submit(begun.set)  # in a later turn than the first of `inner`
            inner_task[0].result()

        outer = loop.submit(to_thread, work)
        assert begun.wait(BOUND)
        inner_task[0].cancel()
        with pytest.raises((concurrent.futures.CancelledError, asyncio.CancelledError)):
            outer.result(BOUND)
        assert ended.is_set()
        assert bounded(lambda: loop.call(to_thread, lambda: loop.call(to_thread, lambda: 1))) == 1


@each_way
def test_a_stop_in_the_middle_of_a_chain(kind: str, to_thread: ToThread) -> None:
    loop = loop_of(kind, threads=1).start()
    begun = threading.Event()

    async def inner() -> None:
        begun.set()
        await anyio.sleep_forever()

    task = loop.submit(to_thread, loop.call, inner)
    assert begun.wait(BOUND)
    bounded(loop.stop)
    with pytest.raises(Stopped):
        task.result(BOUND)


@pytest.mark.parametrize(
    ("a", "b"), [("asyncio", "trio"), ("trio", "asyncio"), ("anyio", "trio"), ("uvloop", "anyio-trio"), ("trio", "trio")]
)
def test_two_loops_that_call_each_other(a: str, b: str) -> None:
    """A -> B -> A, awaited and through worker threads of which each loop has one."""
    with loop_of(a, threads=1) as first, loop_of(b, threads=1) as second:

        async def awaiting(depth: int) -> int:
            here, there = (first, second) if depth % 2 else (second, first)
            assert here is not there
            return await there.submit(awaiting, depth - 1) + 1 if depth else 0

        assert bounded(lambda: second.call(awaiting, 11)) == 11

        async def threading_through(depth: int) -> int:
            there = (second, first)[depth % 2]
            return await anyio.to_thread.run_sync(there.call, threading_through, depth - 1) + 1 if depth else 0

        assert bounded(lambda: second.call(threading_through, 11)) == 11

        async def blocking() -> None:
            second.call(anyio.sleep, 0)

        with pytest.raises(WouldBlock):
            bounded(lambda: first.call(blocking))


@each_kind
def test_a_done_callback_that_calls_is_refused_and_one_that_submits_is_not(kind: str) -> None:
    with loop_of(kind) as loop:
        refused: list[BaseException] = []
        further: list[Any] = []
        told = threading.Event()

        def done(_: object) -> None:
            try:
                loop.call(int)
            except WouldBlock as error:
                refused.append(error)
            further.append(loop.submit(lambda: "further"))
            told.set()

        gate = threading.Event()
        task = loop.submit(gate.wait, BOUND)
        task.add_done_callback(done)
        gate.set()
        assert told.wait(BOUND)
        assert refused
        assert further[0].result(BOUND) == "further"
