"""One client: attending to it, hanging up on it, its last words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import trio

from async_models.ground import rounds
from models.ground.peer import POLLOUT

if TYPE_CHECKING:
    from async_models.ground.trio.listener import Listener

__all__ = ["Peer"]


class Peer(rounds.Peer, trio.abc.AsyncResource):
    """One client. Its `connection` is the plain non-blocking socket; a model wraps it as its way of waiting demands."""

    __slots__ = ("_scope",)

    _listener: "Listener"

    def __init__(self, *arguments: Any) -> None:
        self._scope: trio.CancelScope | None = None
        super().__init__(*arguments)

    @asynccontextmanager
    async def attended(self) -> AsyncIterator[None]:
        """Within, read and reply; whatever fails there costs this client alone, and at the end it is closed.

        Hung up on within, it takes that for the end of its input: it says its last words and leaves.
        """
        try:
            with trio.CancelScope() as self._scope:
                yield
            if self._scope.cancelled_caught:
                await self._say_last_words()
        except trio.BrokenResourceError as error:
            self.lose(error.__cause__ if isinstance(error.__cause__, OSError) else ConnectionError(str(error)))
        except OSError as error:
            self.lose(error)
        except Exception as error:
            self.fail(error)
        finally:
            self.close()

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

    async def aclose(self) -> None:
        """Close it; `attended` has done so already."""
        self.close()
        await trio.lowlevel.checkpoint()

    async def _say_last_words(self) -> None:
        with trio.CancelScope(shield=True, deadline=self._listener.cut_off_at) as self._scope:
            self.take(b"")
            while self.reply() & POLLOUT:
                await trio.lowlevel.wait_writable(self.connection)
