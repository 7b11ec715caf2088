"""The classes that take the place of asyncore's and asynchat's channels: a task serves each."""

from dataclasses import dataclass

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper, Table
from iomodels.migrate.rewrite.targets._buffered import SOCKET_BUFFERED

__all__ = ["CHANNEL", "CHAT", "channel_helper", "chat_helper"]

CHANNEL, CHAT = "Channel", "ChatChannel"


@dataclass(frozen=True)
class _Words:
    """One library's. opened: what makes the stream, and the `with` that closes it. lost: what tells that nothing comes."""

    opened: str
    receive: str
    send: str
    lost: str
    imports: tuple[str, ...]
    helpers: tuple[Helper, ...] = ()


_WORDS = {
    Target.ASYNCIO: _Words(
        """
        self.reader, self.writer = await asyncio.open_connection(sock=self.socket)
        self.writer.transport.set_write_buffer_limits(0)  # drain waits until the kernel has all of it
        with contextlib.closing(self.writer):""",
        "await self.reader.read(size)",
        "self.writer.write(data)\n            await self.writer.drain()",
        "ConnectionError",
        ("asyncio", "contextlib"),
    ),
    Target.TRIO: _Words(
        """
        async with socket_buffered(trio.SocketStream(self.socket)) as self.stream:""",
        "bytes(await self.stream.receive_some(size))",
        "await self.stream.send_all(data)",
        "trio.BrokenResourceError",
        ("trio",),
        (SOCKET_BUFFERED,),
    ),
    Target.ANYIO: _Words(
        """
        try:
            self.stream = await anyio.abc.SocketStream.from_socket(self.socket)
        except ValueError:  # it has gone, and has no address any more
            self.socket.close()
            return
        async with self.stream:""",
        "await self.stream.receive(size)",
        "await self.stream.send(data)",
        "(anyio.EndOfStream, anyio.BrokenResourceError)",
        ("anyio", "anyio.abc"),
    ),
}
_CHANNEL = '''
class Channel:
    """A client: its task calls `handle_read` for as long as it is connected."""

    def __init__(self, sock: Any) -> None:
        self.socket, self.connected = sock, True
        try:
            self.addr = sock.getpeername()
        except OSError:
            self.addr = None  # it has gone already

    async def recv(self, size: int) -> bytes:
        """At most size bytes; b"" at the end of input, and then `handle_close` has been called."""
        try:
            data = {receive}
        except {lost}:
            data = b""
        if not data:
            self.handle_close()
        return data

    async def send(self, data: bytes) -> int:
        """Send all of it, and say how many bytes that was; 0 when the peer has gone, after `handle_close`."""
        try:
            {send}
        except {gone}:
            self.handle_close()
            return 0
        return len(data)

    def close(self) -> None:
        self.connected = False  # the task closes it

    def handle_close(self) -> None:
        self.close()

    def handle_error(self) -> None:
        traceback.print_exc()
        self.handle_close()

    async def handle_read(self) -> None:
        raise NotImplementedError

    async def serve(self) -> None:{opened}
            while self.connected:
                try:
                    await self.handle_read()
                except Exception:
                    self.handle_error()
'''


def channel_helper(table: Table) -> Helper:
    """The class of a client."""
    words = _WORDS[table.library]
    gone = "anyio.BrokenResourceError" if table.library is Target.ANYIO else words.lost
    code = _CHANNEL.format(receive=words.receive, send=words.send, lost=words.lost, gone=gone, opened=words.opened)
    return Helper(CHANNEL, code, ("traceback", "typing:Any", *words.imports), words.helpers)


_CHAT = '''
class ChatChannel(Channel):
    """A client whose input is collected up to a terminator: bytes, so many bytes, or None for all that comes."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self.terminator: bytes | int | None = None
        self.input = bytearray()

    def set_terminator(self, terminator: bytes | int | None) -> None:
        self.terminator = terminator

    def get_terminator(self) -> bytes | int | None:
        return self.terminator

    async def push(self, data: bytes) -> None:
        await self.send(data)

    def close_when_done(self) -> None:
        self.close()  # what was pushed has been sent

    async def handle_read(self) -> None:
        self.input += await self.recv(65536)
        while self.input and self.connected:
            terminator = self.terminator
            if not terminator:
                {collect}self.collect_incoming_data(self.take(len(self.input)))
            elif isinstance(terminator, int):
                data = self.take(terminator)
                {collect}self.collect_incoming_data(data)
                self.terminator = terminator - len(data)
                if not self.terminator:
                    await self.found_terminator()
            elif (end := self.input.find(terminator)) >= 0:
                if end:
                    {collect}self.collect_incoming_data(self.take(end))
                self.take(len(terminator))
                await self.found_terminator()
            else:  # its end may be the beginning of the terminator
                sizes = range(min(len(terminator) - 1, len(self.input)), 0, -1)
                begun = next((size for size in sizes if self.input.endswith(terminator[:size])), 0)
                if begun < len(self.input):
                    {collect}self.collect_incoming_data(self.take(len(self.input) - begun))
                return

    def take(self, size: int) -> bytes:
        taken = bytes(self.input[:size])
        del self.input[:size]
        return taken

    {collects}def collect_incoming_data(self, data: bytes) -> None:
        raise NotImplementedError

    async def found_terminator(self) -> None:
        raise NotImplementedError
'''


def chat_helper(table: Table, *, collect: str) -> Helper:
    """The class of a client of asynchat. collect: "await ", or "", before the call of `collect_incoming_data`."""
    code = _CHAT.format(collect=collect, collects="async " if collect else "")
    return Helper(CHAT, code, ("typing:Any",), (channel_helper(table),))
