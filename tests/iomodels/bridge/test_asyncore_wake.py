"""What other tasks, threads and signal handlers change while asyncore's loop waits is seen at once."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from iomodels.bridge import asyncore
from tests.iomodels.bridge.asyncore_channels import LONG, PATIENCE, Channel, pair, rests, running
from tests.iomodels.bridge.asyncore_libraries import Run, each_library


async def woken_by(change: Callable[[Channel], None], channel: Channel, channels: dict[int, Any]) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
        await rests(channel, 1)
        change(channel)
        await rests(channel, 2)
        tasks.cancel_scope.cancel()


@each_library
def test_wake(run: Run) -> None:
    def change(channel: Channel) -> None:
        channel.writes = True
        asyncore.wake(channels)

    with pair() as (near, _):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)
        running(run, partial(woken_by, change, channel, channels))
        assert channel.written == 1


@each_library
def test_wake_from_a_thread(run: Run) -> None:
    with pair() as (near, _):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)

        def change() -> None:
            channel.writes = True
            asyncore.wake(channels)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                for turn in range(50):  # at any moment of the loop's turns
                    await anyio.to_thread.run_sync(change)
                    while channel.written == turn:
                        await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()

        running(run, main)


@each_library
def test_wake_from_a_signal_handler(run: Run) -> None:
    with pair() as (near, _):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)

        def change(*_: object) -> None:
            channel.writes = True
            asyncore.wake(channels)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                await rests(channel, 1)
                os.kill(os.getpid(), signal.SIGUSR1)
                while not channel.written:
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()

        before = signal.signal(signal.SIGUSR1, change)
        try:
            running(run, main)
        finally:
            signal.signal(signal.SIGUSR1, before)


@each_library
@pytest.mark.parametrize("by", ["thread", "signal handler"])
def test_wake_after_the_question_and_before_the_wait(run: Run, by: str) -> None:
    class Late(Channel):
        def writable(self) -> bool:
            wanted = self.writes
            if self.asked == 1:
                ask()
            return wanted

    def change(*_: object) -> None:
        channel.writes = True
        asyncore.wake(channels)

    def ask() -> None:
        if by == "thread":
            thread = threading.Thread(target=change)
            thread.start()
            thread.join(PATIENCE)
        else:
            signal.raise_signal(signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, change)
    try:
        with pair() as (near, _):
            channels: dict[int, Any] = {}
            channel = Late(near, channels)
            running(run, partial(asyncore.loop, LONG, map=channels, count=2))
            assert (channel.asked, channel.written) == (2, 1)
    finally:
        signal.signal(signal.SIGUSR1, before)


@each_library
def test_sending_while_asked_leaves_time_to_wait(run: Run) -> None:
    class Beats(Channel):
        def readable(self) -> bool:
            self.send(b".")
            return super().readable()

    with pair() as (near, far):
        channels: dict[int, Any] = {}
        beats, other = Beats(near, channels), Channel(far, channels, reads=False)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                await rests(beats, 1)
                for _ in range(20):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()

        running(run, main)
        assert (beats.asked, other.asked) == (1, 1)


def test_wake_of_a_map_without_a_loop() -> None:
    asyncore.wake({})
    asyncore.wake()


@each_library
def test_sees_a_dispatcher_that_another_task_opens(run: Run) -> None:
    with pair() as (near, far), pair() as (second, its_far):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)
        its_far.send(b"spam")
        opened = []
        running(run, partial(woken_by, lambda _: opened.append(Channel(second, channels)), channel, channels))
        assert opened[0].got == b"spam"
        assert far.fileno() > 0


@each_library
def test_sees_that_another_task_closes_the_last(run: Run) -> None:
    with pair() as (near, _):
        channels: dict[int, Any] = {}
        channel = Channel(near, channels)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                await rests(channel, 1)
                channel.close()

        running(run, main)


@each_library
def test_close_all_by_another_task_ends_the_loop(run: Run) -> None:
    class Plain:
        """What is in a map need not be one of asyncore's dispatchers."""

        accepting = False
        asked = 0

        def readable(self) -> bool:
            self.asked += 1
            return False

        writable = readable

        def close(self) -> None:
            pass

    channels: dict[int, Any] = {1000: Plain()}

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
            await rests(channels[1000], 2)
            asyncore.close_all(channels)

    running(run, main)
    assert not channels


@each_library
def test_a_coroutine_closes_a_chat_when_done(run: Run) -> None:
    asynchat = pytest.importorskip("asynchat")

    class Chat(asynchat.async_chat):  # type: ignore[misc, name-defined]
        asked = 0

        def readable(self) -> bool:
            self.asked += 1
            return True

    class Lines(Chat):
        def __init__(self, sock: socket.socket, channels: dict[int, Any]) -> None:
            super().__init__(sock, channels)
            self.set_terminator(b"\n")
            self.lines: list[bytes] = []

        collect_incoming_data = Chat._collect_incoming_data

        def found_terminator(self) -> None:
            self.lines.append(self._get_data())

    with pair() as (near, far):
        channels: dict[int, Any] = {}
        chat, lines = Chat(near, channels), Lines(far, channels)

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                await rests(chat, 1)
                chat.push_with_producer(asynchat.simple_producer(b"spam\neggs\n" * 1000))
                while len(lines.lines) < 2000:
                    await anyio.lowlevel.checkpoint()
                chat.close_when_done()

        running(run, main)
        assert lines.lines == [b"spam", b"eggs"] * 1000
        assert near.fileno() == far.fileno() == -1


@each_library
@pytest.mark.parametrize("kind", ["dispatcher_with_send", "async_chat"])
def test_a_coroutine_sends_more_than_the_socket_takes(run: Run, kind: str) -> None:
    base: Any = asyncore.dispatcher_with_send if kind == "dispatcher_with_send" else pytest.importorskip("asynchat").async_chat

    class Sender(base):  # type: ignore[misc]
        asked = 0

        def readable(self) -> bool:
            self.asked += 1
            return True

    spam = os.urandom(1 << 20)
    with pair() as (near, far):
        channels: dict[int, Any] = {}
        sender = Sender(near, channels)
        far.setblocking(False)
        got = bytearray()

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, LONG, map=channels))
                await rests(sender, 1)
                (sender.push if kind == "async_chat" else sender.send)(spam)
                while len(got) < len(spam):
                    await anyio.wait_readable(far)
                    got.extend(far.recv(65536))
                tasks.cancel_scope.cancel()

        running(run, main)
        assert got == spam
