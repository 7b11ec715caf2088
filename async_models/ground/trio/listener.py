"""The listener: clients that come and leave, and those whose time is over."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import trio

from async_models.ground import rounds
from async_models.ground.trio.peer import Peer
from models.ground import peer
from models.ground.conversation import Service

__all__ = ["Arrivals", "Listener"]


class Listener(rounds.Listener[Peer]):
    """A listener for trio.

    cut_off_at: when the grace is over, by trio's clock.
    """

    peer_type = Peer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setblocking(False)
        self.cut_off_at = math.inf
        self._accepting_scopes: set[trio.CancelScope] = set()
        self._room = trio.Event()
        self._stopped = trio.Event()

    @contextmanager
    def accepting(self) -> Iterator[None]:
        """What stands within is cancelled by the first signal."""
        with trio.CancelScope() as scope:
            self._accepting_scopes.add(scope)
            try:
                if not self.open:
                    scope.cancel()
                yield
            finally:
                self._accepting_scopes.remove(scope)

    async def next_client(self, service: Service) -> Peer:
        """Wait until there is room for a client and one comes. Neither spins nor dies when descriptors run out."""
        while True:
            while not self.wanted:
                self._room = trio.Event()
                with trio.move_on_after(math.inf if self.patience is None else self.patience):
                    await self._room.wait()
            await trio.lowlevel.wait_readable(self.socket)
            newcomer = self.accept(service)
            if newcomer is not None:
                return newcomer

    async def arrival(self, service: Service) -> Peer | None:
        """The next client; None after the stop."""
        with self.accepting():
            return await self.next_client(service)
        return None

    async def hand_over(self, peer: Peer) -> None:
        """Give the client to a child of its own."""
        assert self.forker is not None
        await trio.lowlevel.wait_writable(self.forker.socket)
        self.forker.hand_over(peer)

    async def vacated(self) -> None:
        """Wait until the last client has left."""
        while self.peers:
            self._room = trio.Event()
            await self._room.wait()

    def forget(self, peer: peer.Peer) -> None:
        super().forget(peer)
        self._room.set()

    def wake(self) -> None:
        self.cut_off_at = trio.current_time() + self.grace
        for scope in self._accepting_scopes:
            scope.cancel()
        self._stopped.set()

    async def look_after_peers(self) -> None:
        """Hang up on those whose time is over, as long as it runs."""
        look = rounds.Rounds(self)
        while True:
            with trio.move_on_after(look.interval):
                await (self._stopped.wait() if self.open else trio.sleep_forever())
            look.make()


class Arrivals(trio.abc.Listener[Peer]):
    """The clients of a listener, for `trio.serve_listeners`. Its own TCP listener knows no limit."""

    def __init__(self, host: Listener, service: Service) -> None:
        self._host = host
        self._service = service

    async def accept(self) -> Peer:
        return await self._host.next_client(self._service)

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()
