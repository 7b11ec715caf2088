"""The three tables for connections that the tasks of others write to as well, as threads wrote to each other's sockets.

Who writes waits for who writes already, and what has been begun is sent though its owner closes the connection meanwhile: the
kernel did both. A connection that the program still keeps when its task has ended stays open, as a socket does that somebody
holds.
"""

from dataclasses import replace

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper, Op, Table, table_for

__all__ = ["shared_table"]

WRITER = Helper(
    "SharedWriter",
    '''
class SharedWriter:
    """A client's writer that others' tasks write to as well. When its owner has closed it, it raises as a socket did."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._closed = False

    async def send(self, data: bytes) -> int:
        """Send all of it, and say how many bytes that was."""
        if self._closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if self._writer.is_closing():
            await self._writer.wait_closed()  # it raises what the connection was lost by
        self._writer.write(data)
        await self._writer.drain()
        return len(data)

    def get_extra_info(self, name: str) -> Any:
        return self._writer.get_extra_info(name)

    def close(self) -> None:
        """What has been begun is sent first."""
        self._closed = True
        self._writer.close()
''',
    ("asyncio", "errno", "os", "typing:Any"),
)
TRIO_STREAM = Helper(
    "SharedStream",
    '''
class SharedStream(trio.abc.Stream):
    """A client's stream that others' tasks write to as well, in turn. What they have begun is sent before it is closed."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.socket = stream.socket
        self._stream = stream
        self._turn = trio.Lock()
        self._sending = 0
        self._closed = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if max_bytes is not None and max_bytes < 0:
            raise ValueError("negative buffersize in recv")
        return b"" if max_bytes == 0 else await self._stream.receive_some(max_bytes)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this stream is closed")
        self._sending += 1
        try:
            async with self._turn:
                await self._stream.send_all(data)
        finally:
            self._sending -= 1
            if self._closed and not self._sending:
                await self._stream.aclose()

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        self._closed = True
        if not self._sending:
            await self._stream.aclose()
''',
    ("trio",),
)
ANYIO_STREAM = Helper(
    "SharedStream",
    '''
class SharedStream(anyio.abc.ByteStream):
    """A client's stream that others' tasks write to as well, in turn. What they have begun is sent before it is closed."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self._stream = stream
        self._turn = anyio.Lock()
        self._sending = 0
        self._closed = False

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self._stream.extra_attributes

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._stream.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        if self._closed:
            raise anyio.ClosedResourceError
        self._sending += 1
        try:
            async with self._turn:
                await self._stream.send(item)
                await self._stream.send(b"")  # it raises what the first has met: on asyncio that one may not know it yet
        finally:
            self._sending -= 1
            if self._closed and not self._sending:
                await self._stream.aclose()

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        self._closed = True
        if not self._sending:
            await self._stream.aclose()
''',
    ("anyio", "anyio.abc", "collections.abc:Callable", "collections.abc:Mapping", "typing:Any"),
)
SEND_COUNT = Helper(
    "send_counted",
    '''
async def send_counted(stream: SharedStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    await stream.{send}(data)
    return len(data)
''',
)
SHARE = Helper(
    "share_client",
    '''
async def share_client(
    accepted: Awaitable[tuple[{old}, Any]],
) -> tuple[{new}, Any]:
    """A client whom others may write to, and its address."""
    {names}, address = await accepted
    return {made}, address
''',
    ("collections.abc:Awaitable", "typing:Any"),
)
ATTEND = Helper(
    "attend_kept",
    '''
async def attend_kept(
    kept: Sequence[Container[Any]], {parameter}, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """What fails with one client ends that one alone. Who is kept then stays open, as a socket that something held."""
    ended = False
    try:
        try:
            await handler(*args)
        except Exception:
            traceback.print_exc()
        ended = True
    finally:
        if not (ended and any({end} in each for each in kept)):
            {close}
''',
    (
        *("traceback", "collections.abc:Awaitable", "collections.abc:Callable", "collections.abc:Container"),
        *("collections.abc:Sequence", "typing:Any"),
    ),
)
ATTEND_ALL = replace(
    ATTEND,
    code='''
async def attend_kept(
    kept: Sequence[Container[Any]], {parameter}, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """What fails with one client ends the server. Who is kept at its end stays open, as a socket that something held."""
    ended = False
    try:
        await handler(*args)
        ended = True
    finally:
        if not (ended and any({end} in each for each in kept)):
            {close}
''',
    imports=tuple(each for each in ATTEND.imports if each != "traceback"),
)
START = {
    Target.ASYNCIO: "tasks.create_task(attend_kept({kept}, {{writer}}, {{0}}{{1}}))",
    Target.TRIO: "tasks.start_soon(attend_kept, {kept}, {{writer}}, {{0}}{{1}})",
    Target.ANYIO: "tasks.start_soon(attend_kept, {kept}, {{writer}}, {{0}}{{1}})",
}
STREAM = {"new": "SharedStream", "names": "stream", "made": "SharedStream(stream)"}
BOTH = {
    "old": "asyncio.StreamReader, asyncio.StreamWriter",
    "new": "asyncio.StreamReader, SharedWriter",
    "names": "reader, writer",
    "made": "reader, SharedWriter(writer)",
}


def shared_table(library: Target, kept: str, *, ends_all: bool = False) -> Table:
    """A library's table for them. kept: the containers that hold connections, as the text of a tuple. ends_all: of `Unit`."""
    table, start = table_for(library), START[library].format(kept=kept)
    attends = ATTEND_ALL if ends_all else ATTEND
    if library is Target.ASYNCIO:
        send = Op("{writer}.send({0})")
        attend = _filled(attends, (WRITER,), parameter="writer: SharedWriter", end="writer", close="writer.close()")
        return replace(
            table,
            types=("asyncio.StreamReader", "SharedWriter"),
            send=send,
            send_count=send,
            accept=_shared(table.accept, WRITER, BOTH),
            accept_within=_shared(table.accept_within, WRITER, BOTH),
            start=Op(start, waits=False, helper=attend),
        )
    trio = library is Target.TRIO
    stream, names = (TRIO_STREAM if trio else ANYIO_STREAM), {"old": table.types[0], **STREAM}
    attend = _filled(attends, (stream,), parameter="stream: SharedStream", end="stream", close="await stream.aclose()")
    count = _filled(SEND_COUNT, (stream,), send="send_all" if trio else "send")
    return replace(
        table,
        types=("SharedStream",),
        type_imports=(),
        receive_so_many=Op("{reader}.receive_some({0})") if trio else table.receive_so_many,
        send_count=Op("send_counted({writer}, {0})", helper=count),
        accept=_shared(table.accept, stream, names),
        accept_within=_shared(table.accept_within, stream, names),
        start=Op(start, waits=False, helper=attend),
    )


def _filled(helper: Helper, needed: tuple[Helper, ...], **texts: str) -> Helper:
    return replace(helper, code=helper.code.format(**texts), helpers=needed)


def _shared(accept: Op, shared: Helper, texts: dict[str, str]) -> Op:
    """An `accept` whose connection others may write to."""
    assert accept.helper is not None
    return replace(accept, text=f"share_client({accept.text})", helper=_filled(SHARE, (accept.helper, shared), **texts))
