"""asyncio's streams: a StreamReader and a StreamWriter for each connection."""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper, Op, Table
from iomodels.migrate.rewrite.targets._file import file_helper, limited_helper, text_helper
from iomodels.migrate.rewrite.targets._worker import ATTEND_WORKER

__all__ = ["TABLE"]

RECEIVE = Helper(
    "receive",
    '''
async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data
''',
    ("asyncio",),
    instead="receive_bytes",
)
RECEIVE_WITHIN = Helper(
    "receive_within",
    '''
async def receive_within(seconds: float | None, reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    async with asyncio.timeout(seconds):
        return await receive(reader, size)
''',
    ("asyncio",),
    (RECEIVE,),
)
RECEIVE_OR_NONE = Helper(
    "receive_or_none",
    '''
async def receive_or_none(seconds: float, reader: asyncio.StreamReader, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await receive(reader, size)
    except TimeoutError:
        if not limit.expired():
            raise  # the network's
    return None
''',
    ("asyncio",),
    (RECEIVE,),
)
SEND_ALL = Helper(
    "send_all",
    '''
async def send_all(writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was."""
    writer.write(data)
    await writer.drain()
    return len(data)
''',
    ("asyncio",),
    instead="send_whole",
)
SEND_WITHIN = Helper(
    "send_within",
    '''
async def send_within(seconds: float | None, writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError, and drops the connection, when it takes longer."""
    writer.write(data)
    try:
        async with asyncio.timeout(seconds):
            await writer.drain()
    except TimeoutError:
        writer.transport.abort()  # close would wait until the peer has taken the rest
        raise
    return len(data)
''',
    ("asyncio",),
)
ACCEPT_CLIENT = Helper(
    "accept_client",
    '''
async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address
''',
    ("asyncio", "typing:Any"),
)
ACCEPT_WITHIN = Helper(
    "accept_within",
    '''
async def accept_within(seconds: float | None, listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address. Raises TimeoutError when nobody comes; then nobody is lost either."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    while True:
        ready = asyncio.Event()
        loop.add_reader(listener, ready.set)
        try:
            async with asyncio.timeout(seconds):  # round the wait alone: sock_accept, cancelled late, forgets a client
                await ready.wait()
        finally:
            loop.remove_reader(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        client.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=client)
        writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
        return reader, writer, address
''',
    ("asyncio", "typing:Any"),
)
ACCEPT_IN_TURN = Helper(
    "accept_in_turn",
    '''
async def accept_in_turn(listener: Any, turn: asyncio.Lock) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """As accept_client, for several tasks on one listener: asyncio wakes only the last that waits for it."""
    async with turn:
        return await accept_client(listener)
''',
    ("asyncio", "typing:Any"),
    (ACCEPT_CLIENT,),
)
CLIENT_TASKS = Helper(
    "client_tasks",
    '''
@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    async with asyncio.TaskGroup() as tasks:
        try:
            yield tasks
        except Exception as error:
            ended = error
    if ended is not None:
        raise ended
''',
    ("asyncio", "contextlib", "collections.abc:AsyncIterator"),
)
DAEMON_TASKS = Helper(
    "daemon_tasks",
    '''
@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[asyncio.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    before = asyncio.all_tasks()
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
            for task in asyncio.all_tasks() - before:
                task.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop
''',
    ("asyncio", "contextlib", "collections.abc:AsyncIterator"),
)
ATTEND = Helper(
    "attend",
    '''
async def attend(writer: asyncio.StreamWriter, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        await handler(*args)
    except Exception:
        traceback.print_exc()
    finally:
        writer.close()
''',
    ("asyncio", "traceback", "collections.abc:Awaitable", "collections.abc:Callable", "typing:Any"),
)
ATTEND_IN_TURN = Helper(
    "attend_in_turn",
    '''
async def attend_in_turn(
    turn: asyncio.Semaphore, writer: asyncio.StreamWriter, handler: Callable[..., Awaitable[object]], *args: Any
) -> None:
    """So many at a time, as the pool had threads; what fails ends one client alone, and silently, as in a future."""
    try:
        async with turn:
            await handler(*args)
    except Exception:
        pass
    finally:
        writer.close()
''',
    ("asyncio", "collections.abc:Awaitable", "collections.abc:Callable", "typing:Any"),
)
FILE = file_helper(
    "reader: asyncio.StreamReader, writer: asyncio.StreamWriter",
    "self._reader, self._writer = reader, writer",
    "await receive(self._reader, 65536)",
    "self._writer.write(data)\n            await self._writer.drain()",
    ("asyncio",),
    RECEIVE,
)

TABLE = Table(
    library=Target.ASYNCIO,
    pair=True,
    types=("asyncio.StreamReader", "asyncio.StreamWriter"),
    type_imports=("asyncio",),
    receive=Op("{reader}.read({0})"),
    receive_so_many=Op("receive({reader}, {0})", helper=RECEIVE),
    receive_on=Op("receive({reader}, {0})", helper=RECEIVE),
    receive_within=Op("receive_within({1}, {reader}, {0})", helper=RECEIVE_WITHIN),
    receive_or_none=Op("receive_or_none({1}, {reader}, {0})", helper=RECEIVE_OR_NONE),
    send=Op("{writer}.drain()", before=("{writer}.write({0})",), value=Op("send_all({writer}, {0})", helper=SEND_ALL)),
    send_within=Op("send_within({1}, {writer}, {0})", helper=SEND_WITHIN),
    send_count=Op("send_all({writer}, {0})", helper=SEND_ALL),
    send_eof=Op("{writer}.write_eof()", waits=False),
    close=Op("{writer}.close()", waits=False),
    with_=Op("contextlib.closing({writer})", waits=False, imports=("contextlib",)),
    raw=Op('{writer}.get_extra_info("socket")', waits=False),
    file=Op("SocketFile({reader}, {writer})", waits=False, helper=FILE),
    limited_file=Op(
        "LimitedFile({0}, {reader}, {writer})",
        waits=False,
        helper=limited_helper(FILE, "async with asyncio.timeout(self._seconds)", "TimeoutError"),
    ),
    text_file=Op("SocketTextFile(SocketFile({reader}, {writer}){0})", waits=False, helper=text_helper(FILE)),
    sleep=Op("asyncio.sleep({0})", imports=("asyncio",)),
    accept=Op("accept_client({0})", helper=ACCEPT_CLIENT),
    accept_within=Op("accept_within({1}, {0})", helper=ACCEPT_WITHIN),
    accept_in_turn=Op("accept_in_turn({0}, {1})", helper=ACCEPT_IN_TURN),
    tasks=Op("client_tasks()", waits=False, helper=CLIENT_TASKS),
    daemon_tasks=Op("daemon_tasks()", waits=False, helper=DAEMON_TASKS),
    start=Op("tasks.create_task(attend({writer}, {0}{1}))", waits=False, helper=ATTEND),
    start_in_turn=Op("tasks.create_task(attend_in_turn({2}, {writer}, {0}{1}))", waits=False, helper=ATTEND_IN_TURN),
    start_worker=Op("tasks.create_task(attend_worker({0}{1}))", waits=False, helper=ATTEND_WORKER),
    task_name=Op("asyncio.current_task().get_name()", waits=False, imports=("asyncio",)),
    semaphore=Op("asyncio.Semaphore({0})", waits=False, imports=("asyncio",)),
    lock=Op("asyncio.Lock()", waits=False, imports=("asyncio",)),
    queue=Op("asyncio.Queue({0})", waits=False, imports=("asyncio",)),
    counted_queue=Op("asyncio.Queue({0})", waits=False, imports=("asyncio",)),
    run=Op("asyncio.run({0}())", waits=False, imports=("asyncio",)),
    lost=(),
    closed=(),
    late=(),
    goes_on_raising=True,
)
