"""The awaited `poll` beside the standard object: the same answers in the same order; and what only an awaited one meets."""

import gc
import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from iomodels.bridge.misuse import Misuse, MixedLibraries, NotRunning, WrongThread
from iomodels.bridge.polling import poll
from iomodels.bridge.readiness.interest import Interest
from tests.iomodels.bridge.readiness_running import Run, each_library, epolls

SOON, LONG = 20, 60_000  # milliseconds; a test may not take so long: it hides no wake-up that is missed
IN, OUT, PRI = select.POLLIN, select.POLLOUT, select.POLLPRI


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def as_numbers(sock: socket.socket) -> Any:
    return sock.fileno()


def as_sockets(sock: socket.socket) -> Any:
    return sock


each_kind = pytest.mark.parametrize("kind", [as_numbers, as_sockets])


async def say(sock: socket.socket) -> None:
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    sock.send(b"x")


@pytest.fixture
def many(tmp_path: Path) -> Iterator[list[Any]]:
    """Descriptors and objects in all states that there are."""
    with ExitStack() as opened:
        near, far = socket.socketpair()
        ended, its_far = socket.socketpair()
        its_far.close()
        far.send(b"x")
        path = tmp_path / "file"
        path.touch()
        read_end, write_end = os.pipe()
        os.close(write_end)
        other_read_end, other_write_end = os.pipe()
        os.close(other_read_end)
        found: list[Any] = [
            near,
            far,
            ended,
            socket.socket(),
            path.open(),
            os.fdopen(read_end),
            os.fdopen(other_write_end, "wb", 0),
        ]
        for each in found:
            opened.callback(each.close)
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))
        number = os.dup2(closed.fileno(), 900)
        closed.close()
        os.close(number)
        yield [*found, number]


@each_library
@pytest.mark.parametrize("mask", [None, 0, IN, OUT, PRI, IN | OUT, select.POLLRDHUP | PRI])
def test_it_answers_as_the_standard_one(mask: int | None, run: Run, many: list[Any]) -> None:
    masks = [] if mask is None else [mask]

    async def main() -> None:
        for chosen in (many, many[::-1], many[:2], many[:1], many[1:2]):
            standard, awaited = select.poll(), poll()
            for each in chosen:
                standard.register(each, *masks)
                awaited.register(each, *masks)
            for timeout in (0, SOON, SOON, 0.5):
                assert await awaited.poll(timeout) == standard.poll(timeout)
            if expected := standard.poll(0):
                for forever in (None, -1, -0.1):
                    assert await awaited.poll(forever) == expected
            standard.modify(chosen[0], OUT)
            awaited.modify(chosen[0], OUT)
            assert await awaited.poll(SOON) == standard.poll(SOON)
            standard.unregister(chosen[0])
            awaited.unregister(chosen[0])
            assert await awaited.poll(SOON) == standard.poll(SOON)

    run(main)


@pytest.mark.parametrize("make", [select.poll, poll])
def test_it_raises_what_the_standard_one_raises(make: Any, pair: tuple[socket.socket, socket.socket]) -> None:
    found = make()
    with pytest.raises(FileNotFoundError):
        found.modify(pair[0], IN)
    with pytest.raises(KeyError):
        found.unregister(pair[0])
    for wrong in ("x", object(), None):
        with pytest.raises(TypeError):
            found.register(wrong, IN)
    with pytest.raises(ValueError, match="negative"):
        found.register(-1, IN)
    with pytest.raises(OverflowError):
        found.register(pair[0], 1 << 16)


@each_library
@pytest.mark.parametrize("timeout", ["x", [], float("nan"), 1 << 31, 1 << 64, float("inf")])
def test_a_timeout_is_checked_as_there(timeout: Any, run: Run) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)) as there:
        select.poll().poll(timeout)

    async def main() -> None:
        with pytest.raises(there.type):
            await poll().poll(timeout)

    run(main)


@each_library
@each_kind
def test_what_happens_during_the_wait_ends_it(
    kind: Callable[[socket.socket], Any], run: Run, pair: tuple[socket.socket, socket.socket]
) -> None:
    near, far = pair

    async def main() -> None:
        poller = poll()
        poller.register(kind(near), IN)
        poller.register(kind(far), PRI)
        for _ in range(3):
            assert await poller.poll(SOON) == []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(say, far)
                assert await poller.poll() == [(near.fileno(), IN)]
            near.recv(1)
        poller.modify(kind(near), PRI)
        far.send(b"x")
        assert await poller.poll(SOON) == []
        poller.modify(kind(near), IN)
        assert await poller.poll() == [(near.fileno(), IN)]
        poller.register(kind(near), OUT)
        assert await poller.poll() == [(near.fileno(), OUT)]

    run(main)


@each_library
@each_kind
@pytest.mark.parametrize("copied", [False, True], ids=["", "copied"])
def test_a_number_given_out_again_is_another_file(
    kind: Callable[[socket.socket], Any], copied: bool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The standard object keeps numbers, and nobody need register one again."""
    turns = 0

    def collect(self: Interest) -> Any:
        nonlocal turns
        turns += 1
        return original(self)

    original = Interest.collect
    monkeypatch.setattr(Interest, "collect", collect)

    async def main() -> None:
        nonlocal turns
        near, far = socket.socketpair()
        number = near.fileno()
        copies = [near.dup()] if copied else []
        poller = poll()
        poller.register(kind(near), IN)
        assert await poller.poll(SOON) == []
        for _ in range(3):
            other, its_far = socket.socketpair()
            near.close()
            near = socket.socket(fileno=os.dup2(other.fileno(), number))
            other.close()
            far.send(b"for the copy") if copied else None
            turns = 0
            assert await poller.poll(SOON) == []
            assert turns < 10
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(say, its_far)
                assert await poller.poll(LONG) == [(number, IN)]
            near.recv(1)
            copies.append(far)
            if copied:
                copies.append(near.dup())
            far = its_far
        for each in (near, far, *copies):
            each.close()

    run(main)


@each_library
def test_a_closed_number_is_reported(run: Run) -> None:
    near, far = socket.socketpair()
    number = os.dup2(near.fileno(), 900)

    async def main() -> None:
        poller = poll()
        poller.register(number, IN)
        assert await poller.poll(SOON) == []
        os.close(number)
        assert await poller.poll() == [(number, select.POLLNVAL)]
        poller.unregister(number)
        assert await poller.poll(SOON) == []

    run(main)
    near.close()
    far.close()


@each_library
def test_cancelling_loses_nothing(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        poller = poll()
        poller.register(near, IN)
        for _ in range(10):
            with anyio.move_on_after(0.001) as scope:
                await poller.poll()
            assert scope.cancelled_caught
            far.send(b"x")
            for timeout in (None, 0, LONG):
                with anyio.CancelScope() as scope:
                    scope.cancel()
                    await poller.poll(timeout)
                assert scope.cancelled_caught
            assert await poller.poll() == [(near.fileno(), IN)]
            near.recv(1)

    run(main)


@each_library
@pytest.mark.parametrize("timeout", [0, -1, None, LONG])
def test_others_run_however_ready_it_is(timeout: float | None, run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    asked = 0

    async def main() -> None:
        async def waits() -> None:
            nonlocal asked
            poller = poll()
            poller.register(pair[0], OUT)
            while await poller.poll(timeout):
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
def test_misuse_is_told(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    poller = poll()
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

    run(main)
    found: list[BaseException] = []

    def elsewhere() -> None:
        for act in (partial(run, partial(poller.poll, 0)), partial(poller.register, pair[0], IN)):
            try:
                act()
            except WrongThread as error:
                found.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(found) == 2


def test_another_library_is_told() -> None:
    poller = poll()
    anyio.run(poller.poll, 0)
    with pytest.raises(MixedLibraries, match="first waited under asyncio, not trio"):
        trio.run(poller.poll, 0)


@each_library
def test_one_that_nobody_holds_leaves_nothing(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        gc.collect()  # what other tests left
        before = epolls()
        for how in ("dropped", "closed"):
            poller = poll()
            poller.register(pair[0], IN)
            assert await poller.poll(SOON) == []
            assert len(epolls() - before) == 1
            if how == "closed":
                poller.close()
            del poller
            await (
                anyio.lowlevel.checkpoint()
            )  # until its next turn trio holds the exception that ended the wait, and its frames
            gc.collect()  # trio's cancelling may leave it in a cycle
            assert epolls() <= before

    run(main)
