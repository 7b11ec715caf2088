"""The turns of one loop of asyncore: ask every dispatcher what it wants, wait, and tell those that have it.

What a turn finds ready comes from poll(2), as in `asyncore.poll2`, so that a closed descriptor, an urgent byte, a hang-up and a
regular file are what they were there. An epoll only says when to look. Between the question and the handlers of a turn no other
task runs, unless nothing was ready and the loop had to wait.
"""

import errno
import os
import select
import threading
from collections.abc import MutableMapping
from typing import Any

import anyio

from iomodels.bridge.asyncore.bell import Waiting
from iomodels.bridge.asyncore.interest import Want
from iomodels.bridge.asyncore.original import original
from iomodels.bridge.misuse import WrongThread

__all__ = ["Map", "Turns"]

Map = MutableMapping[int, Any]
Ready = list[tuple[int, int]]  # descriptor, flags

# What select(2) takes for readable and writable (its page, "Correspondence between select() and poll()").
READABLE = select.POLLIN | select.POLLHUP | select.POLLERR
WRITABLE = select.POLLOUT | select.POLLERR


class Turns:
    """A loop on one map, in one thread.

    use_poll: deliver as `asyncore.poll2` does, a descriptor at a time; else as `asyncore.poll`: reads, then writes, then urgent
    data.
    """

    def __init__(self, channels: Map, use_poll: bool, means: Waiting) -> None:
        self.channels = channels
        self.thread = threading.get_ident()
        self.forked = False  # this is a child's copy of it
        self._use_poll = use_poll
        self._asked: dict[int, tuple[Any, int]] = {}  # the dispatcher, and what it wants
        self._pollster = select.poll()
        self._silent: set[int] = set()  # those of which poll(2) says something that select(2) would not
        self._means = means
        self._asking = False  # from the first question of a turn until it is known who is ready
        self._waiting = False

    async def turn(self, timeout: float | None) -> bool:
        """One turn, of at most `timeout` seconds; whether it waited, so that other tasks ran."""
        self._asking = True
        try:
            self._ask()
            ready = self._look()
            waited = not ready and timeout != 0
            if waited:
                ready = await self._wait(timeout)
        finally:
            self._asking = False
        self._tell(ready)
        self._asked = {}  # nobody is kept alive by having been asked
        self._stay()
        return waited

    def wake(self) -> None:
        """Have everybody asked again at once: end the wait of this turn. For any thread, and for signal handlers."""
        if self._asking:  # otherwise the next turn asks anyway
            self._means.bell.ring()

    def changed(self) -> None:
        """As `wake`, for what a dispatcher may do while it is asked as well: time and again, it would leave no time to wait."""
        if self._waiting:
            self._means.bell.ring()

    def _stay(self) -> None:
        if self.forked:  # its epoll is the parent's as well: what the child registers, the parent would wait for
            fix = "begin a loop there with asyncio.run(asyncore.loop()), or leave with os._exit()"
            raise WrongThread(f"asyncore.loop() went on in a forked child: {fix}")

    def _ask(self) -> None:
        self._asked = asked = {}
        self._pollster = pollster = select.poll()
        urgent_too = 0 if self._use_poll else select.POLLPRI  # select is asked for urgent data of those that only write, too
        for descriptor, channel in list(self.channels.items()):
            flags = select.POLLIN | select.POLLPRI if channel.readable() else 0
            if channel.writable():
                # accepting sockets are never writable
                flags |= urgent_too if channel.accepting else urgent_too | select.POLLOUT
            if flags:
                asked[descriptor] = channel, flags
                pollster.register(descriptor, flags)

    def _look(self) -> Ready:
        """Who is ready now, in the order of the map."""
        ready = self._pollster.poll(0)
        self._silent = set()
        if self._use_poll or not ready:
            return ready
        for descriptor, flags in ready:
            if flags & select.POLLNVAL and self._same(descriptor):
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))  # as select does; poll2 gives it to handle_close
            if not self._selected(descriptor, flags):
                self._silent.add(descriptor)
        return [(descriptor, flags) for descriptor, flags in ready if descriptor not in self._silent]

    def _selected(self, descriptor: int, flags: int) -> int:
        """What of this select would have reported: not a hang-up to one that only writes."""
        wanted = self._asked[descriptor][1]
        selected = flags & select.POLLPRI
        selected |= wanted & select.POLLIN if flags & READABLE else 0
        return selected | (wanted & select.POLLOUT if flags & WRITABLE else 0)

    async def _wait(self, timeout: float | None) -> Ready:
        """Wait until somebody is ready, the bell rings or the time is over."""
        interest, bell = self._means.interest, self._means.bell
        self._waiting = True
        try:
            with anyio.move_on_after(timeout):
                while True:
                    silent = self._silent
                    interest.tell(self._wanted())
                    await anyio.wait_readable(interest.fileno())
                    self._stay()
                    if bell.hear():
                        return []
                    if ready := self._look():
                        return ready
                    if self._silent == silent:  # a closed file lives on and is reported; or another process was quicker
                        interest.forget()
        finally:
            self._waiting = False
        return []

    def _wanted(self) -> dict[int, Want]:
        """What to wait for: the bell, and what was asked for."""
        bell = self._means.bell
        wanted = {bell.fileno(): Want(select.POLLIN, bell)}
        for descriptor, (channel, flags) in self._asked.items():
            if descriptor not in self._silent:
                wanted[descriptor] = Want(flags, getattr(channel, "socket", channel))
        return wanted

    def _tell(self, ready: Ready) -> None:
        if self._use_poll:
            for descriptor, flags in ready:
                if self._same(descriptor):
                    original.readwrite(self.channels[descriptor], flags)
            return
        reported = [(descriptor, self._selected(descriptor, flags)) for descriptor, flags in ready]
        for flag, give in (
            (select.POLLIN, original.read),
            (select.POLLOUT, original.write),
            (select.POLLPRI, original._exception),
        ):
            for descriptor, flags in reported:
                if flags & flag and self._same(descriptor):
                    give(self.channels[descriptor])

    def _same(self, descriptor: int) -> bool:
        """Whether the number is still the asked dispatcher's: a handler before, or another task, may have closed it.

        A dispatcher that has the number by now was not asked, and what was ready is not its own; asyncore would tell it.
        """
        return self.channels.get(descriptor) is self._asked[descriptor][0]
