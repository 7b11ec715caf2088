"""`in_thread`: start, stop, call, result, and errors, on every library."""

import asyncio
import concurrent.futures
import contextvars
import gc
import threading
import traceback
from typing import Any

import anyio
import pytest

from iomodels.bridge.misuse import Stopped
from iomodels.bridge.threads import LoopThread, in_thread
from tests.iomodels.bridge.loops_in_threads import BOUND, KINDS, bounded, loop_of

pytestmark = pytest.mark.parametrize("kind", KINDS)
seen: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="nothing")


async def add(a: int, b: int) -> int:
    await anyio.sleep(0)
    return a + b


async def raising(error: BaseException) -> None:
    await anyio.sleep(0)
    raise error


class Held:
    """An async function that runs until it is cancelled; it says when it has begun and ended."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()

    async def __call__(self) -> None:
        self.begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.ended.set()


def test_call_returns_what_an_async_or_a_sync_function_returns(kind: str) -> None:
    with loop_of(kind) as loop:
        assert loop.call(add, 1, 2) == 3
        assert loop.call(threading.get_ident) != threading.get_ident()
        assert loop.call(threading.get_ident) == loop.call(threading.get_ident)
        assert loop.submit(add, 3, 4).result(BOUND) == 7


@pytest.mark.parametrize(
    "error", [KeyError("x"), SystemExit(3), KeyboardInterrupt(), ExceptionGroup("g", [ValueError()]), StopIteration(1)]
)
def test_whatever_is_raised_inside_comes_back_and_the_loop_lives_on(kind: str, error: BaseException) -> None:
    with loop_of(kind) as loop:
        expected: type[BaseException] = RuntimeError if isinstance(error, StopIteration) else type(error)  # PEP 479
        with pytest.raises(expected) as caught:
            loop.call(raising, error)
        inner = caught.value.__cause__ or caught.value
        assert "raising" in {frame.name for frame in traceback.extract_tb(inner.__traceback__)}

        def plain() -> None:
            raise error

        with pytest.raises(type(error)):
            bounded(lambda: loop.call(plain))
        assert loop.call(add, 1, 1) == 2


def test_the_callers_context_is_seen_inside_and_stays_the_callers(kind: str) -> None:
    async def look() -> str:
        found = seen.get()
        seen.set("inside")
        return found

    with loop_of(kind) as loop:
        token = seen.set("outside")
        try:
            assert loop.call(look) == "outside"
            assert loop.call(seen.get) == "outside"
        finally:
            seen.reset(token)


def test_a_cancelled_task_is_done_when_its_function_has_cleaned_up(kind: str) -> None:
    cleaned = threading.Event()
    go_on = threading.Event()
    begun = threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                assert await anyio.to_thread.run_sync(go_on.wait, BOUND)
            cleaned.set()

    with loop_of(kind) as loop:
        task = loop.submit(work)
        assert begun.wait(BOUND)
        told = threading.Event()
        task.add_done_callback(lambda _: told.set())
        assert task.cancel()
        assert not task.done()
        assert not task.cancelled()
        go_on.set()
        assert told.wait(BOUND)
        assert cleaned.is_set()
        assert task.cancelled()
        assert not task.cancel()
        with pytest.raises(concurrent.futures.CancelledError):
            task.result()
        with pytest.raises(concurrent.futures.CancelledError):
            task.exception()


def test_what_is_cancelled_before_it_began_never_begins(kind: str) -> None:
    gate = threading.Event()
    ran: list[int] = []
    with loop_of(kind) as loop:
        blocking = loop.submit(gate.wait, BOUND)
        task = loop.submit(ran.append, 1)
        task.cancel()
        gate.set()
        blocking.result(BOUND)
        concurrent.futures.wait([task], BOUND)
        assert task.cancelled()
        assert not ran


def test_a_call_out_of_time_cancels_its_function(kind: str) -> None:
    held = Held()
    with loop_of(kind) as loop:
        with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
            loop.call(held, timeout=0.05)
        assert held.ended.is_set() or not held.begun.is_set()


def test_result_out_of_time_leaves_the_function_alone(kind: str) -> None:
    held = Held()
    with loop_of(kind) as loop:
        task = loop.submit(held)
        assert held.begun.wait(BOUND)
        with pytest.raises(TimeoutError):
            task.result(0.01)
        with pytest.raises(TimeoutError):
            task.result(0)
        assert not held.ended.is_set()


def test_stop_cancels_what_runs_and_ends_every_result(kind: str) -> None:
    held = Held()
    loop = loop_of(kind).start()
    tasks = [loop.submit(anyio.sleep_forever) for _ in range(20)]
    errors: list[BaseException] = []

    def call() -> None:
        try:
            loop.call(held)
        except BaseException as error:
            errors.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    assert held.begun.wait(BOUND)
    bounded(loop.stop)
    caller.join(BOUND)
    assert held.ended.is_set()
    assert [type(error) for error in errors] == [Stopped]
    for task in tasks:
        with pytest.raises(Stopped, match="stop"):
            task.result(BOUND)
    loop.stop()
    loop.stop(wait=False)
    with pytest.raises(Stopped, match="after its stop"):
        loop.call(add, 1, 2)
    with pytest.raises(Stopped, match="not started twice"):
        loop.start()


def test_start_twice_is_one_loop_and_before_it_nothing_runs(kind: str) -> None:
    loop = loop_of(kind)
    with pytest.raises(Stopped, match="before its start"):
        loop.call(add, 1, 2)
    starters = [threading.Thread(target=loop.start) for _ in range(10)]
    for each in starters:
        each.start()
    for each in starters:
        each.join(BOUND)
    with loop.start() as same:
        assert same is loop
        assert len([each for each in threading.enumerate() if each.name == loop.call(threading.current_thread).name]) == 1
    unused = loop_of(kind)
    unused.stop()
    with pytest.raises(Stopped):
        unused.start()


def test_stop_is_bounded_and_says_where_the_loop_is(kind: str) -> None:
    gate, begun = threading.Event(), threading.Event()

    def stuck_here() -> None:
        begun.set()
        gate.wait(BOUND)

    loop = loop_of(kind, grace=0.1).start()
    task = loop.submit(stuck_here)
    later = loop.submit(anyio.sleep_forever)
    assert begun.wait(BOUND)
    try:
        with pytest.raises(TimeoutError, match="stuck_here"):
            bounded(loop.stop)
        for each in (task, later):
            with pytest.raises(Stopped):
                each.result(BOUND)
    finally:
        gate.set()
    bounded(loop.stop)


def test_stop_from_two_threads_and_from_inside(kind: str) -> None:
    loop = loop_of(kind).start()
    loop.call(lambda: loop.stop(wait=False))
    for each in [_started(loop.stop), _started(loop.stop)]:
        each.join(BOUND)
        assert not each.is_alive()
    with pytest.raises(Stopped):
        loop.submit(add, 1, 2)


def _started(function: Any) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_a_thousand_calls_from_fifty_threads(kind: str) -> None:
    with loop_of(kind) as loop, concurrent.futures.ThreadPoolExecutor(50) as callers:
        results = bounded(lambda: list(callers.map(lambda n: loop.call(add, n, 1), range(1000))), 60)
    assert results == list(range(1, 1001))


def test_stop_in_the_midst_of_calls_leaves_nobody_waiting(kind: str) -> None:
    loop = loop_of(kind).start()
    stopping = threading.Event()
    ends: list[str] = []

    def call_on() -> None:
        try:
            while True:
                loop.call(add, 1, 1)
        except Stopped:
            ends.append("stopped")
        except BaseException as error:
            ends.append(repr(error))

    callers = [_started(call_on) for _ in range(20)]
    loop.call(add, 1, 1)
    stopping.set()
    bounded(loop.stop)
    for each in callers:
        each.join(BOUND)
    assert ends == ["stopped"] * 20


def test_forgotten_without_a_stop_it_ends_and_says_so(kind: str) -> None:
    loop = loop_of(kind).start()
    thread = loop.call(threading.current_thread)
    held = Held()
    task = loop.submit(held)
    assert held.begun.wait(BOUND)
    with pytest.warns(ResourceWarning, match="never stopped"):
        del loop  # the last reference
    thread.join(BOUND)
    assert not thread.is_alive()
    assert held.ended.is_set()
    with pytest.raises(Stopped):
        task.result(BOUND)


def test_a_start_that_fails_says_why(kind: str) -> None:
    with pytest.raises(TypeError, match="no_such_option"):
        loop_of(kind, no_such_option=1)

    def broken() -> Any:
        raise OSError("no room")

    loop = in_thread("asyncio", loop_factory=broken) if kind != "trio" else in_thread("trio", instruments=1)
    for _ in range(2):
        with pytest.raises((OSError, TypeError)):
            loop.start()
    with pytest.raises(Stopped):
        loop.call(add, 1, 2)
    loop.stop()


def test_it_can_be_awaited_in_another_loop_and_in_its_own(kind: str) -> None:
    async def inside(loop: LoopThread) -> int:
        return await loop.submit(add, 1, 2) + 1

    with loop_of(kind) as loop:
        assert loop.call(inside, loop) == 4
        assert asyncio.run(inside(loop)) == 4
        assert anyio.run(inside, loop, backend="trio") == 4

        async def wrapped() -> int:
            task = loop.submit(add, 1, 2)
            return await asyncio.wrap_future(task)

        assert asyncio.run(wrapped()) == 3


def test_cancelling_who_awaits_cancels_the_task(kind: str) -> None:
    for backend in ("asyncio", "trio"):
        held = Held()

        async def main(loop: Any, held: Held = held) -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(_await, loop.submit(held))
                await anyio.to_thread.run_sync(held.begun.wait, BOUND)
                group.cancel_scope.cancel()
            assert held.ended.is_set()

        with loop_of(kind) as loop:
            anyio.run(main, loop, backend=backend)


async def _await(task: Any) -> None:
    await task


def test_no_thread_and_no_descriptor_is_left(kind: str) -> None:
    import psutil

    def once() -> None:
        with loop_of(kind) as loop:
            loop.call(add, 1, 2)

    once()
    threads = threading.active_count()
    descriptors = psutil.Process().num_fds()
    for _ in range(20):
        once()
    assert threading.active_count() == threads
    gc.collect()
    assert psutil.Process().num_fds() <= descriptors


def test_an_unknown_library_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="curio"):
        in_thread("curio")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="worker thread"):
        loop_of(kind, threads=0)
