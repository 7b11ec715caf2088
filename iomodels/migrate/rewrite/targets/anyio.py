"""anyio: a SocketStream for each connection, whose `receive` raises at the end of input."""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper, Op, Table
from iomodels.migrate.rewrite.targets._file import file_helper, limited_helper, text_helper
from iomodels.migrate.rewrite.targets._queue import queue_helper
from iomodels.migrate.rewrite.targets._worker import ATTEND_WORKER

__all__ = ["TABLE"]

RECEIVE = Helper(
    "receive",
    '''
async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""
''',
    ("anyio", "anyio.abc"),
    instead="receive_bytes",
)
RECEIVE_WITHIN = Helper(
    "receive_within",
    '''
async def receive_within(seconds: float | None, stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    with anyio.fail_after(seconds):
        return await receive(stream, size)
''',
    ("anyio", "anyio.abc"),
    (RECEIVE,),
)
RECEIVE_OR_NONE = Helper(
    "receive_or_none",
    '''
async def receive_or_none(seconds: float, stream: anyio.abc.ByteStream, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    with anyio.move_on_after(seconds):
        return await receive(stream, size)
    return None
''',
    ("anyio", "anyio.abc"),
    (RECEIVE,),
)
SEND_ALL = Helper(
    "send_all",
    '''
async def send_all(stream: anyio.abc.ByteStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    await stream.send(data)
    return len(data)
''',
    ("anyio", "anyio.abc"),
    instead="send_whole",
)
SEND_WITHIN = Helper(
    "send_within",
    '''
async def send_within(seconds: float | None, stream: anyio.abc.ByteStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError when it takes longer."""
    with anyio.fail_after(seconds):
        await stream.send(data)
    return len(data)
''',
    ("anyio", "anyio.abc"),
)
STREAM_OF = Helper(
    "stream_of",
    '''
async def stream_of(client: Any) -> anyio.abc.ByteStream:
    """The stream of a client's socket. Raises ValueError when the client has gone, and has no address any more."""
    stream = await anyio.abc.SocketStream.from_socket(client)
    buffered = BufferedByteStream(stream)
    # On asyncio a stream reads ahead, without a bound, until somebody has received for the first time.
    with anyio.move_on_after(0), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        buffered.feed_data(await stream.receive())
    return buffered
''',
    ("anyio", "anyio.abc", "contextlib", "anyio.streams.buffered:BufferedByteStream", "typing:Any"),
)
ACCEPT_CLIENT = Helper(
    "accept_client",
    '''
async def accept_client(listener: Any, seconds: float | None = None) -> tuple[anyio.abc.ByteStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes for so long."""
    listener.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await stream_of(client), address
        except ValueError:
            client.close()
''',
    ("anyio", "anyio.abc", "typing:Any"),
    (STREAM_OF,),
)
ACCEPT_IN_TURN = Helper(
    "accept_in_turn",
    '''
async def accept_in_turn(listener: Any, turn: anyio.Lock) -> tuple[anyio.abc.ByteStream, Any]:
    """As accept_client, for several tasks on one listener: anyio lets one task alone wait for it."""
    async with turn:
        return await accept_client(listener)
''',
    ("anyio", "anyio.abc", "typing:Any"),
    (ACCEPT_CLIENT,),
)
CLIENT_TASKS = Helper(
    "client_tasks",
    '''
@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with anyio.create_task_group() as tasks:
            try:
                yield tasks
            except Exception as error:
                ended = error
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # Ctrl-C
    if ended is not None:
        raise ended
''',
    ("anyio", "anyio.abc", "contextlib", "collections.abc:AsyncIterator"),
)
DAEMON_TASKS = Helper(
    "daemon_tasks",
    '''
@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop
''',
    ("anyio", "anyio.abc", "contextlib", "collections.abc:AsyncIterator"),
)
ATTEND = Helper(
    "attend",
    '''
async def attend(stream: anyio.abc.ByteStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the group, and every client with it
''',
    ("anyio", "anyio.abc", "traceback", "collections.abc:Awaitable", "collections.abc:Callable", "typing:Any"),
)
ATTEND_IN_TURN = Helper(
    "attend_in_turn",
    '''
async def attend_in_turn(
    turn: anyio.Semaphore, stream: anyio.abc.ByteStream, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """So many at a time, as the pool had threads; what fails ends one client alone, and silently, as in a future."""
    try:
        async with stream, turn:
            await handler(*args)
    except Exception:
        pass
''',
    ("anyio", "anyio.abc", "collections.abc:Awaitable", "collections.abc:Callable", "typing:Any"),
)
FILE = file_helper(
    "stream: anyio.abc.ByteStream",
    "self._stream = stream",
    "await receive(self._stream, 65536)",
    "await self._stream.send(data)",
    ("anyio", "anyio.abc"),
    RECEIVE,
)
QUEUE = queue_helper("anyio", "create_memory_object_stream", counted=False)
COUNTED_QUEUE = queue_helper("anyio", "create_memory_object_stream", counted=True)

TABLE = Table(
    library=Target.ANYIO,
    pair=False,
    types=("anyio.abc.ByteStream",),
    type_imports=("anyio", "anyio.abc"),
    receive=Op("receive({reader}, {0})", helper=RECEIVE),
    receive_so_many=Op("receive({reader}, {0})", helper=RECEIVE),
    receive_on=Op("receive({reader}, {0})", helper=RECEIVE),
    receive_within=Op("receive_within({1}, {reader}, {0})", helper=RECEIVE_WITHIN),
    receive_or_none=Op("receive_or_none({1}, {reader}, {0})", helper=RECEIVE_OR_NONE),
    send=Op("{writer}.send({0})"),
    send_within=Op("send_within({1}, {writer}, {0})", helper=SEND_WITHIN),
    send_count=Op("send_all({writer}, {0})", helper=SEND_ALL),
    send_eof=Op("{writer}.send_eof()"),
    close=Op("{writer}.aclose()"),
    with_=Op("{writer}"),
    raw=Op("{writer}.extra(anyio.abc.SocketAttribute.raw_socket)", waits=False, imports=("anyio", "anyio.abc")),
    file=Op("SocketFile({writer})", waits=False, helper=FILE),
    limited_file=Op(
        "LimitedFile({0}, {writer})",
        waits=False,
        helper=limited_helper(FILE, "with anyio.fail_after(self._seconds)", "TimeoutError"),
    ),
    text_file=Op("SocketTextFile(SocketFile({writer}){0})", waits=False, helper=text_helper(FILE)),
    sleep=Op("anyio.sleep({0})", imports=("anyio",)),
    accept=Op("accept_client({0})", helper=ACCEPT_CLIENT),
    accept_within=Op("accept_client({0}, {1})", helper=ACCEPT_CLIENT),
    accept_in_turn=Op("accept_in_turn({0}, {1})", helper=ACCEPT_IN_TURN),
    tasks=Op("client_tasks()", waits=False, helper=CLIENT_TASKS),
    daemon_tasks=Op("daemon_tasks()", waits=False, helper=DAEMON_TASKS),
    start=Op("tasks.start_soon(attend, {writer}, {0}{1})", waits=False, helper=ATTEND),
    start_in_turn=Op("tasks.start_soon(attend_in_turn, {2}, {writer}, {0}{1})", waits=False, helper=ATTEND_IN_TURN),
    start_worker=Op("tasks.start_soon(attend_worker, {0}{1})", waits=False, helper=ATTEND_WORKER),
    task_name=Op("anyio.get_current_task().name", waits=False, imports=("anyio",)),
    semaphore=Op("anyio.Semaphore({0})", waits=False, imports=("anyio",)),
    lock=Op("anyio.Lock()", waits=False, imports=("anyio",)),
    queue=Op("ClientQueue({0})", waits=False, helper=QUEUE),
    counted_queue=Op("CountedQueue({0})", waits=False, helper=COUNTED_QUEUE),
    run=Op("anyio.run({0})", waits=False, imports=("anyio",)),
    lost=("anyio.BrokenResourceError",),
    closed=("anyio.ClosedResourceError",),
    late=(),
    goes_on_raising=True,
)
