"""One client: attending to it, hanging up on it, its last words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
from anyio.abc import ByteStream, SocketStream, UNIXSocketStream

from async_models.ground import rounds
from models.ground.peer import POLLOUT

if TYPE_CHECKING:
    from async_models.ground.anyio.listener import Listener

__all__ = ["Peer"]


class Peer(rounds.Peer):
    """One client. Its `connection` is the plain non-blocking socket, until `stream` hands it to the backend."""

    __slots__ = ("_scope", "_stream")

    _listener: "Listener"

    def __init__(self, *arguments: Any) -> None:
        self._scope: anyio.CancelScope | None = None
        self._stream: ByteStream | None = None
        super().__init__(*arguments)

    @asynccontextmanager
    async def attended(self) -> AsyncIterator[None]:
        """Within, read and reply; whatever fails there costs this client alone, and at the end it is closed.

        Hung up on within, it takes that for the end of its input: it says its last words and leaves.
        """
        try:
            with anyio.CancelScope() as self._scope:
                yield
            if self._scope.cancelled_caught:
                await self._say_last_words()
        except anyio.BrokenResourceError as error:
            self.lose(error.__cause__ if isinstance(error.__cause__, OSError) else ConnectionError("the connection broke"))
        except OSError as error:
            self.lose(error)
        except Exception as error:
            self.fail(error)
        finally:
            if self._stream is not None:
                await anyio.aclose_forcefully(self._stream)
            self.close()

    async def stream(self) -> ByteStream:
        """The connection as a byte stream.

        Receive from it in the same task, and await nothing before. On asyncio a stream reads from its socket from the moment it
        is made, wanted or not, and stops doing so when its first `receive` returns; anyio's own listener, which passes it to
        another task, lets a client that never reads fill the memory (tests/upstream).
        """
        kind = SocketStream if self._listener.path is None else UNIXSocketStream
        try:
            self._stream = await kind.from_socket(self.connection)
        except ValueError as error:  # it asks for the peer's address, and there is none any more
            raise ConnectionError("it has gone already") from error
        return self._stream

    def hang_up(self) -> None:
        """Cancel its waiting for input; one without a task of its own sees the end of input from the kernel."""
        if self._scope is None:
            super().hang_up()
        elif not self.conversation.unsent:
            self._scope.cancel()

    def cut_off(self) -> None:
        """End it now: its last words too, if it is at those."""
        if self._scope is None:
            self.sever()
        else:
            self._scope.cancel()

    async def _say_last_words(self) -> None:
        with anyio.CancelScope(shield=True, deadline=self._listener.cut_off_at) as self._scope:
            self.take(b"")
            if self._stream is None:
                while self.reply() & POLLOUT:
                    await anyio.wait_writable(self.connection)
            else:
                while unsent := self.conversation.unsent:
                    await self._stream.send(unsent)
                    self.sent(len(unsent))
