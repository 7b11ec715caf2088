"""asyncore's loop, awaited: turns, timers, ends, cancellation, and several loops at once."""

import itertools
import threading
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from iomodels.bridge import asyncore
from tests.iomodels.bridge.asyncore_channels import LONG, PATIENCE, Channel, pair, rests, running
from tests.iomodels.bridge.asyncore_libraries import Run, each_library


@each_library
def test_asks_once_a_turn(run: Run) -> None:
    with pair() as (near, _):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)
        running(run, partial(asyncore.loop, timeout=0.01, map=channels, count=3))
        assert channel.asked == 3


@each_library
def test_an_empty_map_and_no_turns_end_at_once(run: Run) -> None:
    with pair() as (near, _):
        channels: dict[int, Any] = {}
        running(run, partial(asyncore.loop, timeout=LONG, map=channels))
        channel = Channel(near, channels)
        running(run, partial(asyncore.loop, timeout=LONG, map=channels, count=0))
        running(run, partial(asyncore.loop, timeout=LONG, map=channels, count=-1))
        assert channel.asked == 0


@each_library
def test_timer_in_readable(run: Run) -> None:
    class Timer(Channel):
        def readable(self) -> bool:
            if super().readable() and self.asked == 4:
                self.close()
                return False
            return True

    with pair() as (near, _):
        channels: dict[int, Any] = {}
        timer = Timer(near, channels)
        running(run, partial(asyncore.loop, timeout=0.01, map=channels))
        assert timer.asked == 4


@each_library
@pytest.mark.parametrize("use_poll", [False, True], ids=["select", "poll"])
def test_ends_when_the_last_is_closed(run: Run, use_poll: bool) -> None:
    with pair() as (near, far):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, use_poll, channels))
                await rests(channel, 1)
                far.send(b"spam")
                await rests(channel, 2)
                far.close()

        running(run, main)
        assert channel.got == b"spam"


@each_library
@pytest.mark.parametrize("close", [False, True], ids=["leaves", "closes"])
def test_cancelled(run: Run, close: bool) -> None:
    with pair() as (near, far):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels, close=close))
                await rests(channel, 1)
                tasks.cancel_scope.cancel()

        running(run, main)
        assert (near.fileno() == -1, not channels) == (close, close)
        if not close:  # another loop goes on with it
            far.send(b"spam")
            running(run, partial(asyncore.loop, LONG, map=channels, count=1))
            assert channel.got == b"spam"


@each_library
def test_closes_on_an_exception_and_after_its_count(run: Run) -> None:
    class Leaving(Channel):
        def handle_read(self) -> None:
            raise asyncore.ExitNow

    with pair() as (near, far):
        channels: dict[int, Any] = {}
        Leaving(near, channels)
        far.send(b"x")
        with pytest.raises(asyncore.ExitNow):
            running(run, partial(asyncore.loop, LONG, map=channels, close=True))
        assert not channels
    with pair() as (near, _):
        Channel(near, channels)
        running(run, partial(asyncore.loop, 0.01, map=channels, count=1, close=True))
        assert not channels


@each_library
def test_others_run_while_one_is_always_ready(run: Run) -> None:
    class Busy(Channel):
        def handle_write(self) -> None:
            self.written += 1

    with pair() as (near, _):
        channels: dict[int, Any] = {}
        busy = Busy(near, channels, writes=True)
        seen = []

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                for _ in range(20):
                    await anyio.lowlevel.checkpoint()
                    seen.append(busy.written)
                tasks.cancel_scope.cancel()

        running(run, main)
        assert seen[-1] > 0
        assert max(after - before for before, after in itertools.pairwise(seen)) <= 2


@each_library
def test_two_maps_in_two_tasks(run: Run) -> None:
    with pair() as (near, far):
        first: dict[int, Any] = {}
        second: dict[int, Any] = {}
        channels = Channel(near, first), Channel(far, second)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                for mine in first, second:
                    tasks.start_soon(partial(asyncore.loop, LONG, map=mine))
                await rests(channels[1], 1)
                channels[0].send(b"spam")
                await rests(channels[1], 2)
                channels[1].send(b"eggs")
                await rests(channels[0], 2)
                channels[0].close()

        running(run, main)
        assert (channels[0].got, channels[1].got) == (b"eggs", b"spam")


@each_library
def test_the_default_map_is_asyncores(run: Run) -> None:
    with pair() as (near, far):
        channel = Channel(near, asyncore.socket_map)
        assert asyncore.socket_map is __import__("asyncore").socket_map
        far.close()
        running(run, partial(asyncore.loop, LONG))
        assert not asyncore.socket_map
        assert channel.got == b""


@each_library
def test_runs_in_a_thread_of_its_own(run: Run) -> None:
    with pair() as (near, far):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)
        thread = threading.Thread(target=running, args=(run, partial(asyncore.loop, LONG, map=channels)))
        thread.start()
        far.send(b"spam")
        far.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert channel.got == b"spam"
