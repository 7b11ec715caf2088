"""`Selector` beside the standard one, and what only an awaited one meets: tasks, loops, threads, cancelling, its end."""

import gc
import os
import selectors
import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import pytest
import trio

from iomodels.bridge.misuse import Misuse, MixedLibraries, NotRunning, WrongThread
from iomodels.bridge.readiness.interest import Interest
from iomodels.bridge.selector import Selector
from tests.iomodels.bridge.readiness_running import Run, each_library, epolls

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
SOON, LONG = 0.02, 60.0  # seconds; a test may not take so long: it hides no wake-up that is missed


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


@pytest.fixture
def selector() -> Iterator[Selector]:
    with Selector() as made:
        yield made


async def say(sock: socket.socket, data: bytes = b"x") -> None:
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    sock.send(data)


@each_library
def test_it_says_what_the_standard_one_says(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    read_end, write_end = os.pipe()
    os.close(write_end)
    lone = socket.socket()
    far.send(b"x")

    async def main() -> None:
        for events in (READ, WRITE, READ | WRITE):
            with selectors.EpollSelector() as standard, Selector() as awaited:
                for each in (near, far, read_end, lone):
                    assert awaited.register(each, events, "data") == standard.register(each, events, "data")
                for timeout in (0, SOON, -1, None):
                    assert sorted(await awaited.select(timeout), key=str) == sorted(standard.select(timeout), key=str)
                assert dict(awaited.get_map() or {}) == dict(standard.get_map())
                for each in (read_end, lone):
                    assert awaited.unregister(each) == standard.unregister(each)
                assert awaited.modify(near, READ, "more") == standard.modify(near, READ, "more")
                assert awaited.modify(far, READ, "more") == standard.modify(far, READ, "more")
                assert await awaited.select(SOON) == standard.select(SOON) == [(awaited.get_key(near), READ)]
                assert dict(awaited.get_map() or {}) == dict(standard.get_map())

    run(main)
    os.close(read_end)
    lone.close()


@pytest.mark.parametrize("make", [selectors.EpollSelector, Selector])
def test_it_raises_what_the_standard_one_raises(make: Any, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    found: Any = make()
    for events in (0, 4, -1):
        with pytest.raises(ValueError, match="events"):
            found.register(near, events)
    for wrong in (-1, "x", object()):
        with pytest.raises(ValueError, match="Invalid file"):
            found.register(wrong, READ)
        with pytest.raises(ValueError, match="Invalid file"):
            found.unregister(wrong)
    with open(__file__, "rb") as file, pytest.raises(PermissionError):  # noqa: PTH123
        found.register(file, READ)
    for act in (found.unregister, partial(found.modify, events=READ), found.get_key):
        with pytest.raises(KeyError, match="is not registered"):
            act(near)
    found.register(near, READ)
    with pytest.raises(KeyError, match="already registered"):
        found.register(near.fileno(), WRITE)
    number = near.fileno()
    near.close()
    assert found.get_key(near).fd == number
    with pytest.raises(OSError, match="Bad file descriptor"):
        found.modify(near, WRITE)
    assert not found.get_map()
    found.register(far, READ)
    keys = found.get_map()
    found.close()
    assert (found.get_map(), len(keys)) == (None, 0)
    with pytest.raises(RuntimeError, match="closed"):
        found.get_key(far)
    with pytest.raises(ValueError, match="closed"):
        found.register(far, READ)
    found.close()


@each_library
def test_descriptors_come_and_go_while_it_waits(
    run: Run, selector: Selector, pair: tuple[socket.socket, socket.socket]
) -> None:
    near, far = pair

    async def main() -> None:
        async def joins() -> None:
            await anyio.lowlevel.checkpoint()
            selector.register(far, READ)
            await say(near)

        for _ in range(3):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(joins)
                assert [key.fileobj for key, _ in await selector.select()] == [far]
            selector.unregister(far)
            assert await selector.select(SOON) == []
            far.recv(1)

    run(main)


@each_library
def test_without_descriptors_it_sleeps(run: Run, selector: Selector) -> None:
    async def main() -> None:
        began = anyio.current_time()
        assert await selector.select(SOON) == []
        assert anyio.current_time() - began > SOON * 0.9  # the clock of uvloop has milliseconds

    run(main)


@each_library
@pytest.mark.parametrize("timeout", [0, -1, None, LONG])
def test_others_run_however_ready_it_is(
    timeout: float | None, run: Run, selector: Selector, pair: tuple[socket.socket, socket.socket]
) -> None:
    selector.register(pair[0], WRITE)
    asked = 0

    async def main() -> None:
        async def waits() -> None:
            nonlocal asked
            while await selector.select(timeout):
                asked += 1

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waits)
            while asked < 10:
                before = asked
                await anyio.lowlevel.checkpoint()
                assert asked - before <= 2
            tasks.cancel_scope.cancel()

    run(main)


@each_library
def test_cancelling_loses_nothing(run: Run, selector: Selector, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    key = selector.register(near, READ)

    async def main() -> None:
        for _ in range(20):
            with anyio.move_on_after(0.001) as scope:
                await selector.select()
            assert scope.cancelled_caught
            far.send(b"x")
            for timeout in (None, 0, LONG):
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await selector.select(timeout)
                assert scope.cancelled_caught
            assert await selector.select() == [(key, READ)]
            near.recv(1)

    run(main)


@each_library
def test_two_tasks_at_once_are_told(run: Run, selector: Selector, pair: tuple[socket.socket, socket.socket]) -> None:
    selector.register(pair[0], READ)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(selector.select)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Misuse, match="give each task its own"):
                await selector.select()
            pair[1].send(b"x")
        assert await selector.select(LONG)

    run(main)


@each_library
def test_closing_ends_the_wait(run: Run, selector: Selector) -> None:
    async def main() -> None:
        async def waits() -> None:
            with pytest.raises(ValueError, match="closed"):
                await selector.select()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waits)
            await anyio.wait_all_tasks_blocked()
            selector.close()
        with pytest.raises(ValueError, match="closed"):
            await selector.select(0)

    run(main)


@each_library
def test_what_is_not_read_does_not_keep_the_loop_busy(
    run: Run, selector: Selector, pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = 0

    def ring() -> None:
        nonlocal rung
        rung += 1
        original()

    original = selector._interest.bell._ring
    monkeypatch.setattr(selector._interest.bell, "_ring", ring)
    selector.register(pair[0], READ)

    async def main() -> None:
        for _ in range(3):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(say, pair[1])
                assert await selector.select(LONG)
            for _ in range(50):
                await anyio.lowlevel.checkpoint()
            pair[0].recv(9)
        assert rung <= 6

    run(main)


@each_library
def test_a_closed_descriptor_whose_copy_is_ready_does_not_spin(
    run: Run, selector: Selector, pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0

    def collect(self: Interest) -> Any:
        nonlocal turns
        turns += 1
        return original(self)

    original = Interest.collect
    monkeypatch.setattr(Interest, "collect", collect)
    near, far = socket.socketpair()
    copy = near.dup()
    selector.register(near, READ)
    key = selector.register(pair[0], READ)

    async def main() -> None:
        nonlocal turns
        near.close()
        selector.unregister(near)
        far.send(b"x")
        assert await selector.select(SOON) == []
        turns = 0
        assert await selector.select(SOON) == []
        assert turns <= 2
        pair[1].send(b"x")
        assert await selector.select(LONG) == [(key, READ)]

    run(main)
    copy.close()
    far.close()


def test_without_a_loop_it_says_so(selector: Selector) -> None:
    with pytest.raises(NotRunning, match=r"asyncio\.run"):
        selector.select(0).send(None)


@each_library
def test_one_made_before_the_loop_runs_serves_it(
    run: Run, selector: Selector, pair: tuple[socket.socket, socket.socket]
) -> None:
    key = selector.register(pair[0], WRITE)

    async def main() -> None:
        assert await selector.select() == [(key, WRITE)]

    run(main)
    with pytest.raises(WrongThread, match="create one in each loop"):
        run(main)


def test_another_library_is_told(selector: Selector) -> None:
    async def main() -> None:
        await selector.select(0)

    anyio.run(main)
    with pytest.raises(MixedLibraries, match="first waited under asyncio, not trio"):
        trio.run(main)


@each_library
def test_another_thread_is_told(run: Run, selector: Selector, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        await selector.select(0)

    run(main)
    found: list[BaseException] = []

    def elsewhere() -> None:
        for act in (partial(run, main), partial(selector.register, pair[0], READ), selector.close):
            try:
                act()
            except WrongThread as error:
                found.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(found) == 3
    assert all("create one in each thread" in str(error) for error in found)


@each_library
def test_a_forked_child_is_told_and_disturbs_nobody(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        selector = Selector()
        key = selector.register(pair[0], READ)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(say, pair[1])
            await selector.select(LONG)
        pair[0].recv(1)
        assert await selector.select(SOON) == []  # the loop goes on looking
        child = os.fork()
        if not child:
            status = 1
            try:
                with pytest.raises(WrongThread, match="forked child"):
                    selector.unregister(pair[0])
                with pytest.raises(WrongThread, match="forked child"):
                    await selector.select(0)
                selector.close()
                del selector
                gc.collect()
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(say, pair[1])
            assert await selector.select(LONG) == [(key, READ)]
        selector.close()

    run(main)


@each_library
def test_one_that_nobody_holds_leaves_nothing(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        gc.collect()  # what other tests left
        before = epolls()
        for _ in range(3):
            selector = Selector()
            selector.register(pair[0], READ)
            assert await selector.select(SOON) == []
            number = selector.fileno()
            del selector
            await (
                anyio.lowlevel.checkpoint()
            )  # until its next turn trio holds the exception that ended the wait, and its frames
            gc.collect()  # trio's cancelling may leave it in a cycle
            assert epolls() <= before
            os.dup2(pair[0].fileno(), number)  # the loop looks at it no more: it could not be given the number
            await anyio.wait_writable(number)
            pair[1].send(b"x")
            await anyio.wait_readable(number)
            pair[0].recv(1)
            os.close(number)

    run(main)


@each_library
def test_one_collected_in_another_thread_leaves_nothing(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        gc.collect()
        before = epolls()
        held = [Selector()]
        held[0].register(pair[0], READ)
        assert await held[0].select(SOON) == []
        await anyio.to_thread.run_sync(held.clear)
        await anyio.lowlevel.checkpoint()
        assert epolls() <= before

    run(main)


@each_library
def test_many_are_ready_at_once(run: Run, selector: Selector) -> None:
    pairs = [socket.socketpair() for _ in range(300)]
    for near, far in pairs:
        selector.register(near, READ)
        far.send(b"x")

    async def main() -> None:
        assert len(await selector.select()) == 300

    run(main)
    for each in (end for ends in pairs for end in ends):
        each.close()
