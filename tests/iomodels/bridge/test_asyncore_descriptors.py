"""Descriptors under asyncore's loop: closed, opened again, duplicated, forgotten, and none left."""

import contextlib
import gc
import os
import resource
import socket
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from iomodels.bridge import asyncore
from tests.iomodels.bridge.asyncore_channels import LONG, Channel, pair, rests, running
from tests.iomodels.bridge.asyncore_libraries import Run, each_library


@each_library
def test_a_number_is_another_file_by_now(run: Run) -> None:
    """A dispatcher reconnects, and gets the number that it had: the epoll must learn of the new file."""

    class Again(Channel):
        def handle_close(self) -> None:
            number = self.socket.fileno()
            self.close()
            near, self.far = socket.socketpair()
            taken = near.detach()
            if taken != number:
                os.dup2(taken, number)
                os.close(taken)
            self.set_socket(socket.socket(fileno=number))

    with pair() as (near, far):
        channels: dict[int, Any] = {}
        channel = Again(near, channels)
        number = near.fileno()

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                await rests(channel, 1)
                far.close()
                await rests(channel, 2)
                assert list(channels) == [number]
                channel.far.send(b"spam")
                while not channel.got:
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()

        running(run, main)
        channel.far.close()
        channel.close()


@each_library
@pytest.mark.parametrize("use_poll", [False, True], ids=["select", "poll"])
def test_an_event_is_not_given_to_who_has_the_number_by_now(run: Run, use_poll: bool) -> None:
    class Replaces(Channel):
        def handle_read(self) -> None:
            super().handle_read()
            taken = second.detach()
            os.dup2(spare.fileno(), taken)
            self.successor = Channel(socket.socket(fileno=taken), channels)

    with pair() as (near, far), pair() as (second, its_far), pair() as (spare, spare_far):
        channels: dict[int, Any] = {}
        first = Replaces(near, channels)
        predecessor = Channel(second, channels)
        far.send(b"spam")
        its_far.send(b"for the one that goes")
        spare_far.send(b"eggs")
        running(run, partial(asyncore.loop, LONG, use_poll, channels, 1))
        assert (first.got, predecessor.got, first.successor.got) == (b"spam", b"", b"")
        running(run, partial(asyncore.loop, LONG, use_poll, channels, 1))
        assert first.successor.got == b"eggs"
        first.successor.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Something for each time that the loop began to wait."""
    begun: list[object] = []
    wait_readable = anyio.wait_readable

    async def counted(descriptor: Any) -> None:
        begun.append(descriptor)
        await wait_readable(descriptor)

    monkeypatch.setattr(anyio, "wait_readable", counted)
    return begun


@each_library
@pytest.mark.parametrize("use_poll", [False, True], ids=["select", "poll"])
def test_what_is_told_nobody_does_not_spin(run: Run, use_poll: bool, waits: list[object]) -> None:
    """That one hung up who only writes, which select does not report; and that one is writable who accepts."""
    with pair() as (near, far), pair() as (connected, _), contextlib.ExitStack() as opened:
        channels: dict[int, Any] = {}
        reader = Channel(near, channels)
        if not use_poll:
            ends = os.pipe()
            hung_up = asyncore.file_dispatcher(ends[0], channels)
            opened.callback(hung_up.close)
            for end in ends:
                os.close(end)
            hung_up.readable = lambda: False
        Channel(connected, channels, reads=False, writes=True).accepting = True

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, use_poll, channels))
                await rests(reader, 1)
                for _ in range(50):
                    await anyio.lowlevel.checkpoint()
                assert reader.asked == 1
                far.send(b"spam")
                await rests(reader, 2)
                tasks.cancel_scope.cancel()

        running(run, main)
        assert reader.got == b"spam"
        assert len(waits) < 10


@each_library
def test_a_closed_file_that_lives_on_does_not_spin(run: Run, waits: list[object]) -> None:
    """A duplicate, as a forked child has it, keeps the closed file in the epoll, where it is ready for ever."""
    with pair() as (near, far), pair() as (other, its_far), contextlib.ExitStack() as copies:
        channels: dict[int, Any] = {}
        first, second = Channel(near, channels), Channel(other, channels)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                await rests(first, 1)
                copies.callback(os.close, os.dup(near.fileno()))
                first.close()
                far.send(b"for nobody")
                await rests(second, 2)
                for _ in range(100):
                    await anyio.lowlevel.checkpoint()
                its_far.send(b"spam")
                while not second.got:
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()

        running(run, main)
        assert len(waits) < 10


@each_library
def test_descriptors_are_kept_for_the_next_loop_and_given_back_at_the_end(run: Run) -> None:
    def open_now() -> int:
        gc.collect()  # event loops are garbage in cycles
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    with contextlib.ExitStack() as opened:
        gc.freeze()  # or each collection goes through all that other tests have left, within the time limit
        opened.callback(gc.unfreeze)
        channels: dict[int, Any] = {}
        last = [Channel(opened.enter_context(pair())[0], channels) for _ in range(20)][-1]

        async def main() -> list[int]:
            await asyncore.loop(0.001, map=channels, count=1)
            figures = [open_now()]
            for _ in range(5):
                await asyncore.loop(0.001, map=channels, count=1)
            figures.append(open_now())
            async with anyio.create_task_group() as tasks:  # many at once
                for channel in channels.values():
                    tasks.start_soon(partial(asyncore.loop, LONG, map={channel.socket.fileno(): channel}))
                await rests(last, 7)
                figures.append(open_now())
                tasks.cancel_scope.cancel()
            return [*figures, open_now()]

        running(run, lambda: anyio.sleep(0))  # what a library opens once, it has opened
        before = open_now()
        one, again, many, few = running(run, main)
        assert one == again
        assert (many - one, few - one) == (19 * 3, 3 * 3)
        assert open_now() == before


@each_library
def test_keeps_no_socket_alive(run: Run) -> None:
    async def main() -> None:
        await asyncore.loop(0.001, map=channels, count=1)
        channels.clear()
        gc.collect()
        assert far.recv(1) == b""

    near, far = socket.socketpair()
    far.setblocking(False)
    channels: dict[int, Any] = {}
    Channel(near, channels)
    del near
    with far, pytest.warns(ResourceWarning):
        running(run, main)


@each_library
def test_waits_when_it_is_out_of_descriptors(run: Run) -> None:
    async def main() -> None:
        await asyncore.loop(0.001, map=channels, count=1)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                os.dup(0)
            for _ in range(3):
                await asyncore.loop(0.001, map=channels, count=1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    with pair() as (near, _):
        channels: dict[int, Any] = {}
        Channel(near, channels)
        running(run, main)
