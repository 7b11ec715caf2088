"""Misuse of a loop in a thread is refused at once, in words that name the fix; and what cannot be refused ends."""

import asyncio
import concurrent.futures
import contextvars
import logging
import signal
import subprocess
import sys
import textwrap
import threading
from typing import Any

import anyio
import anyio.to_thread
import pytest
import trio

from iomodels.bridge.misuse import MixedLibraries, NestedLoop, NotRunning, Stopped, WouldBlock
from iomodels.bridge.threads import in_thread
from iomodels.bridge.threads.watch import watch_blocking
from tests.iomodels.bridge.loops_in_threads import BOUND, KINDS, bounded, loop_of

each_kind = pytest.mark.parametrize("kind", KINDS)
each_backend = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@each_kind
def test_waiting_in_the_loops_own_thread(kind: str) -> None:
    with loop_of(kind) as loop:
        gate = threading.Event()

        async def inside() -> None:
            task = loop.submit(anyio.sleep_forever)
            for wait in (lambda: loop.call(int), task.result, task.exception, lambda: task.result(1), loop.stop):
                with pytest.raises(WouldBlock, match="own thread"):
                    wait()
            with pytest.raises(TimeoutError):
                task.result(0)
            with pytest.raises(WouldBlock), loop.enter(anyio.create_task_group):
                pytest.fail("entered")
            with pytest.raises(WouldBlock):
                next(loop.iterate(_numbers))
            with pytest.raises(NestedLoop), loop_of(kind):
                pytest.fail("started")
            task.cancel()
            with pytest.raises(BaseException) as caught:  # noqa: PT011  # each library has its own
                await task
            assert "Cancelled" in type(caught.value).__name__
            gate.set()

        bounded(lambda: loop.call(inside))
        assert gate.is_set()


async def _numbers() -> Any:
    yield 1


@each_kind
def test_from_a_callback_of_the_loop_as_well(kind: str) -> None:
    with loop_of(kind) as loop:
        refused: list[BaseException] = []
        done = threading.Event()

        def callback() -> None:
            try:
                loop.call(int)
            except WouldBlock as error:
                refused.append(error)
            done.set()

        async def schedule() -> None:
            if "trio" in kind:
                trio.lowlevel.current_trio_token().run_sync_soon(callback)
            else:
                asyncio.get_running_loop().call_soon(callback)

        loop.call(schedule)
        assert done.wait(BOUND)
        assert len(refused) == 1


@each_kind
@each_backend
def test_waiting_in_another_loops_thread(kind: str, backend: str) -> None:
    with loop_of(kind) as loop:

        async def main() -> None:
            with pytest.raises(WouldBlock, match=rf"running {backend} loop.*to_thread"):
                loop.call(int)
            with pytest.raises(WouldBlock, match="to_thread"):
                loop.stop()
            assert await anyio.to_thread.run_sync(lambda: loop.call(int)) == 0
            assert await loop.submit(int) == 0

        bounded(lambda: anyio.run(main, backend=backend))


@each_kind
def test_a_worker_thread_of_the_loop_cannot_wait_for_its_stop(kind: str) -> None:
    loop = loop_of(kind, grace=BOUND).start()

    def work() -> None:
        with pytest.raises(WouldBlock, match="wait=False"):
            loop.stop()
        loop.stop(wait=False)

    task = loop.submit(anyio.to_thread.run_sync, work)
    try:
        task.result(BOUND)
    except Stopped:
        pass
    bounded(loop.stop)


@each_kind
def test_a_thread_that_the_loop_merely_started_may_stop_it(kind: str) -> None:
    loop = loop_of(kind).start()
    context = loop.call(contextvars.copy_context)
    bounded(lambda: context.run(loop.stop))
    assert "stopped" in repr(loop)


@each_kind
def test_a_coroutine_is_not_a_function(kind: str) -> None:
    with loop_of(kind) as loop:
        with pytest.raises(TypeError, match=r"loop\.call\(function, argument\)"):
            loop.call(anyio.sleep(0))  # type: ignore[call-overload]
        with pytest.raises(TypeError):
            loop.submit(3)  # type: ignore[call-overload]


def test_objects_of_another_library() -> None:
    async def use(thing: object) -> object:
        return thing

    with in_thread("asyncio") as one, in_thread("trio") as two, in_thread("asyncio") as three:
        event = one.call(asyncio.Event)
        thing: object
        for thing in (event, one.call(anyio.Event), one.call(asyncio.Queue)):
            with pytest.raises(MixedLibraries, match=r"asyncio's, and the loop is trio's.*in_thread\(.asyncio.\)"):
                two.call(use, thing)
        with pytest.raises(MixedLibraries):
            two.call(event.wait)
        for thing in (two.call(trio.Event), trio.open_memory_channel[int](1)[0], two.call(anyio.Event)):
            with pytest.raises(MixedLibraries, match="trio's, and the loop is asyncio's"):
                one.call(use, thing)
        with two.enter(trio.open_nursery) as nursery, pytest.raises(MixedLibraries):
            one.call(nursery.start_soon, trio.sleep, 0)
        with pytest.raises(MixedLibraries):
            two.enter(one.call(asyncio.Lock))

        (future,) = one.call(lambda: [asyncio.get_running_loop().create_future()])  # by itself it would be awaited
        with pytest.raises(MixedLibraries, match="another loop"):
            three.call(lambda: future)
        with pytest.raises(MixedLibraries, match="another loop"):
            two.call(lambda: future)
        assert two.call(use, future) is future  # it may answer: future.get_loop().call_soon_threadsafe(...)
        assert two.call(use, asyncio.CancelledError) is asyncio.CancelledError


def test_no_library_here() -> None:
    with in_thread() as loop:
        task = loop.submit(int)
        with pytest.raises(NotRunning):
            task.__await__().send(None)
    with pytest.raises(NotRunning, match="slow"), watch_blocking(1):
        pytest.fail("entered")


@each_kind
def test_a_forked_child_has_no_loop(kind: str) -> None:
    script = f"""
        import os, sys, warnings
        warnings.simplefilter("ignore")
        from iomodels.bridge.misuse import WrongThread
        from iomodels.bridge.threads import in_thread
        from tests.iomodels.bridge.loops_in_threads import loop_of
        loop = loop_of({kind!r}).start()
        task = loop.submit(__import__("anyio").sleep_forever)
        pid = os.fork()
        if pid == 0:
            refused = 0
            for wait in (lambda: loop.call(int), lambda: loop.submit(int), task.result, loop.start):
                try:
                    wait()
                except WrongThread as error:
                    assert "after the fork" in str(error)
                    refused += 1
            loop.stop()
            with loop_of({kind!r}) as own:
                assert own.call(int) == 0
            sys.exit(40 + refused)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 44
        assert loop.call(int) == 0
        loop.stop()
        print("parent")
    """
    assert _python(script).stdout == "parent\n"


def _python(script: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True, timeout=60, **options
    )


@each_kind
def test_the_interpreter_ends_without_a_stop_and_what_runs_is_cleaned_up(kind: str) -> None:
    script = f"""
        import threading, anyio, anyio.to_thread
        from tests.iomodels.bridge.loops_in_threads import loop_of
        begun = threading.Event()
        async def work():
            begun.set()
            try:
                await anyio.sleep_forever()
            finally:
                print("cleaned up", flush=True)
        loop = loop_of({kind!r}).start()
        loop.submit(work)
        loop.call(anyio.to_thread.run_sync, int)
        begun.wait()
    """
    result = _python(script)
    assert result.stdout == "cleaned up\n"
    assert result.stderr == ""


@each_kind
def test_the_interpreter_ends_though_the_loop_is_stuck(kind: str) -> None:
    script = f"""
        import threading
        from tests.iomodels.bridge.loops_in_threads import loop_of
        begun = threading.Event()
        def stuck():
            begun.set()
            threading.Event().wait()
        loop = loop_of({kind!r}).start()
        loop.submit(stuck)
        begun.wait()
    """
    assert "stuck" in _python(script).stderr


@each_kind
def test_an_interrupt_in_a_call_cancels_it_and_passes_on(kind: str) -> None:
    cleaned = threading.Event()
    main = threading.main_thread()

    async def work() -> None:
        try:
            signal.pthread_kill(main.ident or 0, signal.SIGINT)
            await anyio.sleep_forever()
        finally:
            cleaned.set()

    with loop_of(kind) as loop:
        with pytest.raises(KeyboardInterrupt):
            loop.call(work)
        assert cleaned.is_set()
        assert loop.call(int) == 0


@pytest.mark.parametrize("kind", ["asyncio", "uvloop", "anyio"])
def test_a_loop_that_breaks_down_ends_every_result_and_says_of_what(kind: str) -> None:
    loop = loop_of(kind).start()
    thread = loop.call(threading.current_thread)
    waiting = loop.submit(anyio.sleep_forever)

    async def exits() -> None:
        raise SystemExit(7)

    async def spawn() -> None:
        spawned.append(asyncio.get_running_loop().create_task(exits()))

    spawned: list[Any] = []
    loop.submit(spawn)
    thread.join(BOUND)
    with pytest.raises((Stopped, concurrent.futures.CancelledError)):
        waiting.result(BOUND)
    with pytest.raises(Stopped) as caught:
        loop.call(int)
    assert isinstance(caught.value.__cause__, SystemExit)
    loop.stop()


def test_a_breakdown_that_nobody_saw_is_told_at_the_stop() -> None:
    loop = in_thread("asyncio").start()
    thread = loop.call(threading.current_thread)

    def die() -> None:
        raise SystemExit(7)

    def schedule() -> None:
        asyncio.get_running_loop().call_soon(die)

    loop.call(schedule)
    thread.join(BOUND)
    with pytest.raises(Stopped, match="by itself") as caught:
        loop.stop()
    assert isinstance(caught.value.__cause__, SystemExit)
    loop.stop()


class Report:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.told = threading.Event()

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self.told.set()


class Handler(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.report = Report()

    def emit(self, record: logging.LogRecord) -> None:
        self.report(record.getMessage())


@each_kind
def test_a_blocked_loop_is_reported_with_its_place(kind: str) -> None:
    handler = Handler()
    logging.getLogger("iomodels.bridge").addHandler(handler)
    try:
        with loop_of(kind, slow=0.05) as loop:

            def blocks_here() -> None:
                assert handler.report.told.wait(BOUND)

            loop.call(blocks_here)
            thread = loop.call(threading.current_thread)
    finally:
        logging.getLogger("iomodels.bridge").removeHandler(handler)
    assert len(handler.report.texts) == 1
    assert "blocks_here" in handler.report.texts[0]
    assert "to_thread" in handler.report.texts[0]
    assert not {thread.name, f"watchdog-{thread.ident:x}"} & {each.name for each in threading.enumerate()}


@each_backend
def test_watching_any_loop(backend: str) -> None:
    report = Report()

    def blocks_here() -> None:
        assert report.told.wait(BOUND)

    async def main() -> None:
        with watch_blocking(0.05, report):
            await anyio.sleep(0)
            blocks_here()
            await anyio.sleep(0)

    bounded(lambda: anyio.run(main, backend=backend))
    assert len(report.texts) == 1
    assert "blocks_here" in report.texts[0]


@each_kind
def test_an_idle_loop_is_not_blocked(kind: str) -> None:
    async def idle() -> list[str]:
        report = Report()
        with watch_blocking(0.2, report):
            await anyio.sleep(0.5)
        return report.texts

    with loop_of(kind) as loop:
        assert loop.call(idle) == []


def test_a_watch_has_a_length() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        in_thread(slow=0)
