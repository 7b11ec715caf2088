"""The listener: clients that come and leave, and those whose time is over."""

import asyncio
from contextlib import suppress
from typing import Any

from async_models.ground import rounds
from async_models.ground.asyncio.peer import Peer
from async_models.ground.asyncio.waiting import readable, writable
from models.ground import peer
from models.ground.conversation import Service

__all__ = ["Listener"]


class Listener(rounds.Listener[Peer]):
    """A listener for asyncio."""

    peer_type = Peer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setblocking(False)
        self._accepting_scopes: set[asyncio.Timeout] = set()
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()
        self._stopped = asyncio.Event()

    async def arrival(self, service: Service) -> Peer | None:
        """The next client; None after the stop. Neither spins nor dies when descriptors run out. Many tasks may call it."""
        async with self._turn:  # a loop keeps one callback a descriptor: a second waiter would make the first one deaf
            if not self.open:
                return None
            with suppress(TimeoutError):
                async with asyncio.timeout(None) as scope:
                    self._accepting_scopes.add(scope)
                    try:
                        return await self._next_client(service)
                    finally:
                        self._accepting_scopes.remove(scope)
        return None

    async def vacated(self) -> None:
        """Wait until the last client has left."""
        while self.peers:
            self._room.clear()
            await self._room.wait()

    async def hand_over(self, peer: Peer) -> None:
        """Give the client to a child of its own."""
        assert self.forker is not None
        await writable(self.forker.socket)
        self.forker.hand_over(peer)

    def forget(self, peer: peer.Peer) -> None:
        super().forget(peer)
        self._room.set()

    def wake(self) -> None:
        for scope in self._accepting_scopes:
            scope.reschedule(asyncio.get_running_loop().time())
        self._stopped.set()

    async def look_after_peers(self) -> None:
        """Hang up on those whose time is over, as long as it runs."""
        look = rounds.Rounds(self)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(look.interval):
                    await (self._stopped.wait() if self.open else asyncio.Event().wait())
            look.make()

    async def _next_client(self, service: Service) -> Peer:
        while True:
            while not self.wanted:
                self._room.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.patience):
                        await self._room.wait()
            await readable(self.socket)
            newcomer = self.accept(service)
            if newcomer is not None:
                return newcomer
