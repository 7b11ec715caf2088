"""One client: attending to it, hanging up on it, its last words."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from async_models.ground import rounds
from models.ground.peer import CHUNK, POLLIN

if TYPE_CHECKING:
    from async_models.ground.asyncio.listener import Listener

__all__ = ["Peer"]


class Peer(rounds.Peer):
    """One client.

    connection: the plain non-blocking socket; the transport's, from when it has one.
    transport: set by whoever has made one of the connection.
    """

    __slots__ = ("_protocol", "_scope", "transport")

    _listener: "Listener"

    def __init__(self, *arguments: Any) -> None:
        self._scope: asyncio.Timeout | None = None
        self._protocol: asyncio.BaseProtocol | None = None
        self.transport: asyncio.WriteTransport | None = None
        super().__init__(*arguments)

    @asynccontextmanager
    async def attended(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Streams to read and reply with. Whatever fails within costs this client alone, and at the end it is closed.

        Hung up on within, it takes that for the end of its input: it says its last words and leaves.
        """
        writer: asyncio.StreamWriter | None = None
        try:
            reader, writer = await asyncio.open_connection(sock=self.connection)
            self.attach(writer.transport)
            try:
                async with asyncio.timeout(None) as scope:
                    self._scope = scope
                    yield reader, writer
            except TimeoutError:
                if not scope.expired():
                    raise
                await self._say_last_words(writer)
            writer.close()
            await writer.wait_closed()
        except OSError as error:
            if writer is not None and writer.is_closing():
                with suppress(OSError):  # what nobody asks for is logged when the future is collected
                    await writer.wait_closed()
            self.lose(error)
        except Exception as error:
            self.fail(error)
        finally:
            self.close()

    async def connect(self, protocol_factory: Callable[[], asyncio.BaseProtocol]) -> None:
        """Give it a transport and a protocol, which calls `attach` when it is made and `leave` when the connection is lost."""
        loop = asyncio.get_running_loop()
        try:
            # As connect_accepted_socket, which rloop has not.
            _, self._protocol = await loop.create_connection(protocol_factory, sock=self.connection)
        except OSError as error:
            self.leave(error)

    def attach(self, transport: asyncio.WriteTransport) -> None:
        """From here on it is reached through `transport`."""
        self.transport = transport
        # asyncio's own asks for 256 KiB at each recv; as the heap happens to lie, glibc maps and unmaps as much each time
        # (mallopt(3), M_MMAP_THRESHOLD; cpython#85451), and a request costs two to four times as much.
        if hasattr(transport, "max_size"):
            transport.max_size = CHUNK

    def leave(self, error: Exception | None) -> None:
        """The connection has been lost, or closed without an error."""
        if error is not None:
            self.lose(error if isinstance(error, OSError) else ConnectionError(str(error)))
        self.close()

    def reply(self) -> int:
        """As on a plain socket; to its transport, where it has one, as much as that takes (until it is `stuck`)."""
        transport = self.transport
        if transport is None:
            return super().reply()
        conversation = self.conversation
        try:
            while not self.stuck and (unsent := conversation.unsent):
                transport.write(unsent)
                conversation.sent(len(unsent))
        except Exception as error:  # a dialogue answers the next request when the last reply has gone
            self.fail(error)
            return 0
        if conversation.wants_input and not conversation.unsent:
            return POLLIN
        return self.wanted()

    def hang_up(self) -> None:
        """End its waiting for input: by cancellation, by a call back, or, of a plain socket, through the kernel."""
        if isinstance(self._protocol, asyncio.Protocol | asyncio.BufferedProtocol):
            self._protocol.eof_received()
        elif self._scope is None:
            super().hang_up()
        elif not self.conversation.unsent and not self._scope.expired():
            self._scope.reschedule(asyncio.get_running_loop().time())

    def cut_off(self) -> None:
        """End it now: its last words too, if it is at those."""
        if self.transport is not None:
            self.transport.abort()  # whoever waits for it is told
        else:
            self.sever()

    def half_close(self) -> None:
        if self.transport is None:
            super().half_close()
        else:
            self.transport.write_eof()  # once its buffer has gone

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()  # nothing, if it is closed already
        super().close()

    async def _say_last_words(self, writer: asyncio.StreamWriter) -> None:
        self.take(b"")
        while unsent := self.conversation.unsent:
            writer.write(unsent)
            await writer.drain()
            self.sent(len(unsent))
