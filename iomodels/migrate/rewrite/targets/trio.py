"""trio: a SocketStream for each connection."""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper, Op, Table
from iomodels.migrate.rewrite.targets._buffered import SOCKET_BUFFERED
from iomodels.migrate.rewrite.targets._file import file_helper, limited_helper, text_helper
from iomodels.migrate.rewrite.targets._queue import queue_helper
from iomodels.migrate.rewrite.targets._worker import ATTEND_WORKER

__all__ = ["TABLE"]

RECEIVE = Helper(
    "receive",
    '''
async def receive(stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    return await stream.receive_some(size) if size else b""
''',
    ("trio",),
    instead="receive_bytes",
)
RECEIVE_WITHIN = Helper(
    "receive_within",
    '''
async def receive_within(seconds: float, stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises trio.TooSlowError when there is nothing for so long."""
    with trio.fail_after(seconds):
        return await receive(stream, size)
''',
    ("trio",),
    (RECEIVE,),
)
RECEIVE_OR_NONE = Helper(
    "receive_or_none",
    '''
async def receive_or_none(seconds: float, stream: trio.SocketStream, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    with trio.move_on_after(seconds):
        return await stream.receive_some(size)
    return None
''',
    ("trio",),
)
SEND_ALL = Helper(
    "send_all",
    '''
async def send_all(stream: trio.SocketStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    await stream.send_all(data)
    return len(data)
''',
    ("trio",),
    instead="send_whole",
)
SEND_WITHIN = Helper(
    "send_within",
    '''
async def send_within(seconds: float, stream: trio.SocketStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises trio.TooSlowError when it takes longer."""
    with trio.fail_after(seconds):
        await stream.send_all(data)
    return len(data)
''',
    ("trio",),
)
ACCEPT_CLIENT = Helper(
    "accept_client",
    '''
async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address
''',
    ("trio", "typing:Any"),
    (SOCKET_BUFFERED,),
)
ACCEPT_WITHIN = Helper(
    "accept_within",
    '''
async def accept_within(seconds: float, listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes, as the listening socket did."""
    with trio.move_on_after(seconds):
        client, address = await trio.socket.from_stdlib_socket(listener).accept()
        return socket_buffered(trio.SocketStream(client)), address
    raise TimeoutError("timed out")
''',
    ("trio", "typing:Any"),
    (SOCKET_BUFFERED,),
)
ACCEPT_IN_TURN = Helper(
    "accept_in_turn",
    '''
async def accept_in_turn(listener: Any, turn: trio.Lock) -> tuple[trio.SocketStream, Any]:
    """As accept_client, for several tasks on one listener: trio lets one task alone wait for it."""
    async with turn:
        return await accept_client(listener)
''',
    ("trio", "typing:Any"),
    (ACCEPT_CLIENT,),
)
CLIENT_TASKS = Helper(
    "client_tasks",
    '''
@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with trio.open_nursery() as tasks:
            try:
                yield tasks
            except Exception as error:
                ended = error
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # Ctrl-C
    if ended is not None:
        raise ended
''',
    ("trio", "contextlib", "collections.abc:AsyncIterator"),
)
DAEMON_TASKS = Helper(
    "daemon_tasks",
    '''
@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop
''',
    ("trio", "contextlib", "collections.abc:AsyncIterator"),
)
ATTEND = Helper(
    "attend",
    '''
async def attend(stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it
''',
    ("trio", "traceback", "collections.abc:Awaitable", "collections.abc:Callable", "typing:Any"),
)
ATTEND_IN_TURN = Helper(
    "attend_in_turn",
    '''
async def attend_in_turn(
    turn: trio.Semaphore, stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """So many at a time, as the pool had threads; what fails ends one client alone, and silently, as in a future."""
    try:
        async with stream, turn:
            await handler(*args)
    except Exception:
        pass
''',
    ("trio", "collections.abc:Awaitable", "collections.abc:Callable", "typing:Any"),
)
FILE = file_helper(
    "stream: trio.SocketStream",
    "self._stream = stream",
    "await self._stream.receive_some(65536)",
    "await self._stream.send_all(data)",
    ("trio",),
)
QUEUE = queue_helper("trio", "open_memory_channel", counted=False)
COUNTED_QUEUE = queue_helper("trio", "open_memory_channel", counted=True)

TABLE = Table(
    library=Target.TRIO,
    pair=False,
    types=("trio.SocketStream",),
    type_imports=("trio",),
    receive=Op("{reader}.receive_some({0})"),
    receive_so_many=Op("receive({reader}, {0})", helper=RECEIVE),
    receive_on=Op("{reader}.receive_some({0})"),
    receive_within=Op("receive_within({1}, {reader}, {0})", helper=RECEIVE_WITHIN),
    receive_or_none=Op("receive_or_none({1}, {reader}, {0})", helper=RECEIVE_OR_NONE),
    send=Op("{writer}.send_all({0})"),
    send_within=Op("send_within({1}, {writer}, {0})", helper=SEND_WITHIN),
    send_count=Op("send_all({writer}, {0})", helper=SEND_ALL),
    send_eof=Op("{writer}.send_eof()"),
    close=Op("{writer}.aclose()"),
    with_=Op("{writer}"),
    raw=Op("{writer}.socket", waits=False),
    file=Op("SocketFile({writer})", waits=False, helper=FILE),
    limited_file=Op(
        "LimitedFile({0}, {writer})",
        waits=False,
        helper=limited_helper(FILE, "with trio.fail_after(self._seconds)", "trio.TooSlowError"),
    ),
    text_file=Op("SocketTextFile(SocketFile({writer}){0})", waits=False, helper=text_helper(FILE)),
    sleep=Op("trio.sleep({0})", imports=("trio",)),
    accept=Op("accept_client({0})", helper=ACCEPT_CLIENT),
    accept_within=Op("accept_within({1}, {0})", helper=ACCEPT_WITHIN),
    accept_in_turn=Op("accept_in_turn({0}, {1})", helper=ACCEPT_IN_TURN),
    tasks=Op("client_tasks()", waits=False, helper=CLIENT_TASKS),
    daemon_tasks=Op("daemon_tasks()", waits=False, helper=DAEMON_TASKS),
    start=Op("tasks.start_soon(attend, {writer}, {0}{1})", waits=False, helper=ATTEND),
    start_in_turn=Op("tasks.start_soon(attend_in_turn, {2}, {writer}, {0}{1})", waits=False, helper=ATTEND_IN_TURN),
    start_worker=Op("tasks.start_soon(attend_worker, {0}{1})", waits=False, helper=ATTEND_WORKER),
    task_name=Op("trio.lowlevel.current_task().name", waits=False, imports=("trio",)),
    semaphore=Op("trio.Semaphore({0})", waits=False, imports=("trio",)),
    lock=Op("trio.Lock()", waits=False, imports=("trio",)),
    queue=Op("ClientQueue({0})", waits=False, helper=QUEUE),
    counted_queue=Op("CountedQueue({0})", waits=False, helper=COUNTED_QUEUE),
    run=Op("trio.run({0})", waits=False, imports=("trio",)),
    lost=("trio.BrokenResourceError",),
    closed=("trio.ClosedResourceError",),
    late=("trio.TooSlowError",),
    goes_on_raising=False,
)
