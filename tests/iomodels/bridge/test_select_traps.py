"""What the list that `select` keeps must not get wrong: numbers given out again, copies that live on, tasks that end."""

import asyncio
import fcntl
import gc
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
import trio

from iomodels.bridge.misuse import NotRunning, WrongThread
from iomodels.bridge.readiness import select
from iomodels.bridge.readiness.interest import Interest
from tests.iomodels.bridge.readiness_running import Run, each_library, epolls

SOON = 0.02  # seconds: a timeout that is to pass
LONG = 60.0  # seconds: one that is not, and longer than a test may take: it hides no wake-up that is missed


class Holder:
    """A connection that is made anew under the same object."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def fileno(self) -> int:
        return self.sock.fileno()


def as_numbers(sock: socket.socket) -> Any:
    return sock.fileno()


def as_sockets(sock: socket.socket) -> Any:
    return sock


each_kind = pytest.mark.parametrize("kind", [as_numbers, as_sockets, Holder])


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one each time that the kernel is asked."""
    asked: list[int] = []

    def collect(self: Interest) -> Any:
        asked.append(len(self.told))
        return original(self)

    original = Interest.collect
    monkeypatch.setattr(Interest, "collect", collect)
    return asked


def replaced(old: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A pair whose first has the number of `old`, which is closed."""
    number = old.fileno()
    near, far = socket.socketpair()
    old.close()
    os.dup2(near.fileno(), number)
    near.close()
    return socket.socket(fileno=number), far


@each_library
@each_kind
@pytest.mark.parametrize("copied", [False, True], ids=["", "copied"])
def test_a_number_given_out_again_is_another_file(
    kind: Callable[[socket.socket], Any], copied: bool, run: Run, turns: list[int]
) -> None:
    async def main() -> None:
        (near, far), (other, its_far) = socket.socketpair(), socket.socketpair()
        listed = kind(near)
        copies = []
        for _ in range(5):
            assert not any(await select([listed, other], [], [], SOON))
            if copied:
                copies.append(near.dup())
                far.send(b"for whoever has the copy")
                assert await select([listed, other], [], [], LONG) == ([listed], [], [])
            keep = far
            near, far = replaced(near)
            if isinstance(listed, Holder):
                listed.sock = near
            else:
                listed = kind(near)
            del turns[:]
            assert not any(await select([listed, other], [], [], SOON))
            assert len(turns) < 10, "it spins"
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(say, far)
                assert await select([listed, other], [], [], LONG) == ([listed], [], [])
            near.recv(9)
            keep.close()
        for each in (near, far, other, its_far, *copies):
            each.close()

    run(main)


async def say(sock: socket.socket) -> None:
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    sock.send(b"x")


@each_library
@each_kind
def test_a_closed_descriptor_whose_copy_is_ready_does_not_spin(
    kind: Callable[[socket.socket], Any], run: Run, turns: list[int], pair: tuple[socket.socket, socket.socket]
) -> None:
    async def main() -> None:
        near, far = socket.socketpair()
        listed, other = kind(near), kind(pair[0])
        assert not any(await select([listed, other], [], [], SOON))
        copy = near.dup()
        near.close()
        far.send(b"x")
        for _ in range(3):
            del turns[:]
            assert not any(await select([other], [], [], SOON))
            assert len(turns) < 10
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(say, pair[1])
            assert await select([other], [], [], LONG) == ([other], [], [])
        copy.close()
        far.close()

    run(main)


@each_library
def test_a_number_that_left_the_list_before_it_came_back(
    run: Run, turns: list[int], pair: tuple[socket.socket, socket.socket]
) -> None:
    async def main() -> None:
        near, far = socket.socketpair()
        copy, number = near.dup(), near.fileno()
        assert not any(await select([near, pair[0]], [], [], SOON))
        near.close()
        assert not any(await select([pair[0]], [], [], SOON))
        again, its_far = socket.socketpair()
        if again.fileno() != number:
            again = socket.socket(fileno=os.dup2(again.detach(), number))
        assert not any(await select([again, pair[0]], [], [], SOON))
        far.send(b"for whoever has the copy")
        del turns[:]
        assert not any(await select([again, pair[0]], [], [], SOON))
        assert len(turns) < 10
        its_far.send(b"x")
        assert await select([again, pair[0]], [], [], LONG) == ([again], [], [])
        for each in (copy, far, again, its_far):
            each.close()

    run(main)


@each_library
def test_the_number_of_the_epoll_is_not_the_programs(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    """A program that still lists what it has closed is told so, whoever has the number since."""

    async def main() -> None:
        gc.collect()
        before = epolls()
        assert not any(await select([pair[0]], [], [], SOON))
        (ours,) = epolls() - before
        assert ours >= 600
        for _ in range(2):
            with pytest.raises(OSError, match="Bad file descriptor"):
                await select([ours], [], [], SOON)

    run(main)


@each_library
def test_each_event_is_asked_for_once(run: Run, turns: list[int], pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        assert not any(await select([pair[0]], [], [], SOON))
        del turns[:]
        for _ in range(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(say, pair[1])
                await select([pair[0]], [], [])
                pair[0].recv(1)
                tasks.start_soon(say, pair[1])
                await select([pair[0]], [], [])
                pair[0].recv(1)
        assert len(turns) <= 42

    run(main)


@each_library
def test_a_closed_descriptor_that_a_child_holds_does_not_spin(
    run: Run, turns: list[int], pair: tuple[socket.socket, socket.socket]
) -> None:
    gate, opened = os.pipe()
    near, far = socket.socketpair()

    async def main() -> None:
        assert not any(await select([near, pair[0]], [], [], SOON))
        child = os.fork()
        if not child:
            os.close(opened)
            os.read(gate, 1)
            os._exit(0)
        try:
            near.close()
            far.send(b"x")
            del turns[:]
            assert not any(await select([pair[0]], [], [], SOON))
            assert len(turns) < 10
        finally:
            os.close(opened)
            os.waitpid(child, 0)

    run(main)
    os.close(gate)
    far.close()


@each_library
def test_many_connections_come_and_go(run: Run) -> None:
    """Each is closed before it leaves the list, as programs do."""

    async def main() -> None:
        fixed = [socket.socketpair() for _ in range(10)]
        kept = [socket.create_server(("127.0.0.1", 0))]
        for number in range(200):
            near, far = socket.socketpair()
            connections = [*kept, *(one for one, _ in fixed), near]
            assert not any(await select(connections, [], [], 0.0001))
            far.send(b"x")
            assert await select(connections, [], [], LONG) == ([near], [], [])
            fixed[number % 10][1].send(b"x")
            assert await select(connections, [], [], LONG) == ([fixed[number % 10][0], near], [], [])
            fixed[number % 10][0].recv(1)
            near.close()
            far.close()
        for each in (*kept, *(end for ends in fixed for end in ends)):
            each.close()

    run(main)


@each_library
def test_only_changes_are_told_to_the_kernel(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def tell(self: Interest, fd: int, mask: int) -> None:
        told.append(fd)
        original(self, fd, mask)

    original = Interest._tell
    monkeypatch.setattr(Interest, "_tell", tell)

    async def main() -> None:
        pairs = [socket.socketpair() for _ in range(20)]
        connections = [near for near, _ in pairs]
        assert not any(await select(connections, [], [], SOON))
        assert sorted(told) == sorted(near.fileno() for near in connections)
        del told[:]
        for near, far in pairs:
            far.send(b"x")
            assert await select(connections, [], [], LONG) == ([near], [], [])
            near.recv(1)
            assert not any(await select(list(connections), [], [], 0.001))
        assert told == []
        gone = connections.pop(3)
        assert not any(await select(connections, [], [gone], 0.001))
        assert told == [gone.fileno()]
        for each in (end for ends in pairs for end in ends):
            each.close()

    run(main)


@each_library
def test_a_hangup_that_nobody_asked_for_does_not_spin(run: Run, turns: list[int]) -> None:
    near, far = socket.socketpair()
    far.close()

    async def main() -> None:
        for _ in range(5):
            assert not any(await select([], [], [near], SOON))
        assert len(turns) < 50
        assert await select([near], [], [near], LONG) == ([near], [], [])

    run(main)
    near.close()


@each_library
def test_the_epoll_of_a_task_ends_with_it(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        async def waits() -> None:
            pair[1].send(b"x")
            await select([pair[0]], [], [], LONG)
            pair[0].recv(1)
            await select([pair[0]], [], [], 0.001)

        async def is_cancelled() -> None:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await select([pair[0]], [], [])
            with anyio.move_on_after(SOON):
                await select([pair[0]], [], [])

        gc.collect()  # what other tests left
        before = epolls()
        for body in (waits, is_cancelled):
            for _ in range(5):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(body)
            assert epolls() <= before

    run(main)


@each_library
def test_an_unfinished_wait_is_cancelled_with_the_program(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(select, [pair[0]], [], [])
            tasks.start_soon(select, [pair[1]], [], [pair[0]])
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()

    gc.collect()
    before = epolls()  # of other tests
    run(main)
    gc.collect()
    assert epolls() <= before


@each_library
def test_a_socket_that_nobody_holds_is_closed(run: Run) -> None:
    async def main() -> None:
        near, far = socket.socketpair()
        assert not any(await select([near], [], [near], SOON))
        del near
        assert await select([far], [], [], LONG) == ([far], [], [])
        assert far.recv(1) == b""
        far.close()

    run(main)


@each_library
def test_cancelling_loses_nothing(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        for _ in range(20):
            with anyio.move_on_after(0.001) as scope:
                await select([near], [], [])
            assert scope.cancelled_caught
            far.send(b"x")
            with anyio.CancelScope() as scope:
                scope.cancel()
                await select([near], [], [], LONG)
            assert scope.cancelled_caught
            with anyio.CancelScope() as scope:
                scope.cancel()
                await select([near], [], [], 0)
            assert scope.cancelled_caught
            assert await select([near], [], [], LONG) == ([near], [], [])
            near.recv(1)

    run(main)


def test_the_libraries_own_timeouts_end_it(pair: tuple[socket.socket, socket.socket]) -> None:
    async def on_asyncio() -> None:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(SOON):
                    await select([pair[0]], [], [])
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(select([pair[0]], [], []), SOON)
        assert await select([pair[0]], [pair[0]], []) == ([], [pair[0]], [])

    async def on_trio() -> None:
        for _ in range(3):
            with trio.move_on_after(SOON) as scope:
                await select([pair[0]], [], [])
            assert scope.cancelled_caught
        assert await select([pair[0]], [pair[0]], []) == ([], [pair[0]], [])

    asyncio.run(on_asyncio())
    trio.run(on_trio)


@each_library
@pytest.mark.parametrize("timeout", [0, 0.0, None, LONG])
def test_others_run_however_ready_it_is(timeout: float | None, run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    asked = 0

    async def main() -> None:
        async def waits() -> None:
            nonlocal asked
            lists: tuple[Any, Any, Any] = ([pair[0]], [pair[0]] if timeout else [], [])
            while True:
                await select(*lists, timeout)
                asked += 1

        pair[1].send(b"x")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waits)
            while asked < 10:
                before = asked
                await anyio.lowlevel.checkpoint()
                assert asked - before <= 2
            tasks.cancel_scope.cancel()

    run(main)


@each_library
def test_several_tasks_wait_for_the_same(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        found = []

        async def waits() -> None:
            found.append(await select([pair[0]], [], [], LONG))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(waits)
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            pair[1].send(b"x")
        assert found == [([pair[0]], [], [])] * 3

    run(main)


@each_library
@each_kind
def test_another_task_may_close_one_meanwhile(
    kind: Callable[[socket.socket], Any], run: Run, pair: tuple[socket.socket, socket.socket]
) -> None:
    async def main() -> None:
        near, far = socket.socketpair()
        listed = [kind(near), kind(pair[0])]

        async def closes() -> None:
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            near.close()
            pair[1].send(b"x")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(closes)
            assert await select(listed, [], [], LONG) == (listed[1:], [], [])
        far.close()

    run(main)


@each_library
@each_kind
def test_beyond_1023_a_wait_ends_too(
    kind: Callable[[socket.socket], Any], run: Run, pair: tuple[socket.socket, socket.socket]
) -> None:
    high = socket.socket(fileno=fcntl.fcntl(pair[0], fcntl.F_DUPFD, 1100))

    async def main() -> None:
        listed = kind(high)
        for _ in range(3):
            assert not any(await select([listed], [], [listed], SOON))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(say, pair[1])
                assert await select([listed], [], [], LONG) == ([listed], [], [])
            high.recv(1)

    run(main)
    high.close()


def test_without_a_loop_it_says_so() -> None:
    with pytest.raises(NotRunning, match=r"asyncio\.run"):
        select([], [], [], 0).send(None)


@each_library
def test_in_a_forked_child_it_says_so(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    async def main() -> None:
        assert not any(await select([pair[0]], [], [], SOON))
        child = os.fork()
        if not child:
            status = 1
            try:
                await select([pair[0]], [], [], 0)
            except WrongThread as error:
                status = 0 if "forked child" in str(error) else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        pair[1].send(b"x")
        assert await select([pair[0]], [], [], LONG) == ([pair[0]], [], [])

    run(main)


@each_library
def test_a_forked_child_may_have_a_loop_of_its_own(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    child = os.fork()
    if not child:
        status = 1
        try:

            async def main() -> None:
                pair[1].send(b"x")
                assert await select([pair[0]], [], [], LONG) == ([pair[0]], [], [])

            run(main)
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
