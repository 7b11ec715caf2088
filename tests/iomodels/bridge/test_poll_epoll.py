"""The awaited `epoll`: an epoll of the kernel's in every way, edges and one-shots too; and what only an awaited one meets."""

import gc
import os
import select
import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import pytest
import trio

from iomodels.bridge.epolling import epoll
from iomodels.bridge.misuse import Misuse, MixedLibraries, NotRunning, WrongThread
from tests.iomodels.bridge.readiness_running import Run, each_library, epolls

SOON, LONG = 0.02, 60.0  # seconds; a test may not take so long: it hides no wake-up that is missed
IN, OUT, ET, ONESHOT = select.EPOLLIN, select.EPOLLOUT, select.EPOLLET, select.EPOLLONESHOT


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


async def say(sock: socket.socket) -> None:
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    sock.send(b"x")


@each_library
def test_a_level_is_reported_as_long_as_it_lasts(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        with epoll() as poller:
            poller.register(near, IN)
            assert await poller.poll(SOON) == []
            far.send(b"x")
            for timeout in (None, -1, 0, LONG, -0.5):
                assert await poller.poll(timeout) == [(near.fileno(), IN)]
            near.recv(1)
            assert await poller.poll(0) == await poller.poll(SOON) == []
            poller.modify(near, OUT)
            assert await poller.poll() == [(near.fileno(), OUT)]
            poller.unregister(near)
            assert await poller.poll(SOON) == []

    run(main)


@each_library
def test_an_edge_is_reported_once(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        with epoll() as poller:
            poller.register(near, IN | ET)
            for _ in range(5):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(say, far)
                    assert await poller.poll() == [(near.fileno(), IN)]
                assert await poller.poll(0) == await poller.poll(SOON) == []
                far.send(b"x")
                assert await poller.poll(LONG) == [(near.fileno(), IN)]
                assert await poller.poll(SOON) == []
            assert len(near.recv(99)) == 10

    run(main)


@each_library
def test_a_one_shot_is_reported_once_until_it_is_armed(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        with epoll() as poller:
            poller.register(near, IN | ONESHOT)
            far.send(b"x")
            for _ in range(3):
                assert await poller.poll() == [(near.fileno(), IN)]
                far.send(b"x")
                assert await poller.poll(SOON) == await poller.poll(0) == []
                poller.modify(near, IN | ONESHOT)

    run(main)


@each_library
@pytest.mark.parametrize("timeout", [None, 0, LONG])
def test_cancelling_loses_no_edge(timeout: float | None, run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        with epoll() as poller:
            poller.register(near, IN | ET)
            for _ in range(10):
                far.send(b"x")
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await poller.poll(timeout)
                assert scope.cancelled_caught
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(poller.poll, LONG, 1)
                assert await poller.poll(0) == []
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(poller.poll)
                    await anyio.wait_all_tasks_blocked()
                    far.send(b"x")
                    tasks.cancel_scope.cancel()
                assert await poller.poll(LONG) == [(near.fileno(), IN)]

    run(main)


@each_library
def test_no_more_than_were_asked_for(run: Run) -> None:
    pairs = [socket.socketpair() for _ in range(6)]

    async def main() -> None:
        with epoll() as poller:
            for near, _ in pairs:
                poller.register(near, OUT | ET)
            found = [number for _ in range(3) for number, _ in await poller.poll(LONG, 2)]
            assert sorted(found) == sorted(near.fileno() for near, _ in pairs)
            assert await poller.poll(SOON) == []
            for wrong in (0, -2):
                with pytest.raises(ValueError, match="maxevents"):
                    await poller.poll(0, wrong)
                with pytest.raises(ValueError, match="maxevents"):
                    await poller.poll(maxevents=wrong)

    run(main)
    for each in (end for ends in pairs for end in ends):
        each.close()


@each_library
@pytest.mark.parametrize("timeout", ["x", [], float("nan"), 1 << 31, 1 << 64, float("inf")])
def test_a_timeout_is_checked_as_there(timeout: Any, run: Run) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)) as there, select.epoll() as standard:
        standard.poll(timeout)

    async def main() -> None:
        with pytest.raises(there.type), epoll() as poller:
            await poller.poll(timeout)

    run(main)


@each_library
def test_others_run_however_ready_it_is(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    asked = 0

    async def main() -> None:
        async def waits() -> None:
            nonlocal asked
            with epoll() as poller:
                poller.register(pair[0], OUT)
                while await poller.poll(None if asked % 2 else 0):
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
def test_closing_ends_the_wait(run: Run) -> None:
    async def main() -> None:
        poller = epoll()
        assert not poller.closed

        async def waits() -> None:
            with pytest.raises(ValueError, match="closed"):
                await poller.poll()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waits)
            await anyio.wait_all_tasks_blocked()
            poller.close()
        assert poller.closed
        for act in (poller.fileno, partial(poller.register, 0), poller.__enter__):
            with pytest.raises(ValueError, match="closed"):
                act()
        with pytest.raises(ValueError, match="closed"):
            await poller.poll(0)

    run(main)


@each_library
def test_misuse_is_told(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    poller = epoll()
    with pytest.raises(NotRunning):
        poller.poll(0).send(None)

    async def main() -> None:
        poller.register(pair[0], IN)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(poller.poll)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Misuse, match="give each task its own"):
                await poller.poll()
            pair[1].send(b"x")
        child = os.fork()
        if not child:
            status = 1
            try:
                with pytest.raises(WrongThread, match="forked child"):
                    await poller.poll(0)
                with pytest.raises(WrongThread, match="forked child"):
                    poller.unregister(pair[0])
                status = 0
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    run(main)
    found: list[BaseException] = []

    def elsewhere() -> None:
        for act in (partial(run, partial(poller.poll, 0)), partial(poller.register, pair[0], IN), poller.close):
            try:
                act()
            except WrongThread as error:
                found.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(found) == 3
    poller.close()


def test_another_library_is_told() -> None:
    with epoll() as poller:
        anyio.run(poller.poll, 0)
        with pytest.raises(MixedLibraries, match="first waited under asyncio, not trio"):
            trio.run(poller.poll, 0)


@each_library
def test_one_that_nobody_holds_leaves_nothing(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        gc.collect()  # what other tests left
        before = epolls()
        poller = epoll()
        poller.register(pair[0], IN)
        assert await poller.poll(SOON) == []
        del poller
        await anyio.lowlevel.checkpoint()  # until its next turn trio holds the exception that ended the wait, and its frames
        gc.collect()  # trio's cancelling may leave it in a cycle
        assert epolls() <= before

    run(main)
