"""The classes that take socketserver's place: a server that listens and accepts, and a handler, in each library's words."""

from dataclasses import dataclass

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper, Table
from iomodels.migrate.rewrite.unit import Ends

__all__ = ["HANDLER", "IN_TURN", "TASKS", "Needs", "handler_helper", "server_helper"]

HANDLER, TASKS, IN_TURN = "ClientHandler", "TaskServer", "SequentialServer"


@dataclass(frozen=True)
class Needs:
    """What a file needs of the two classes, beside the least.

    concurrent: a task for each client, or one client at a time. daemon: clients end with the loop. shutdown, verify: whether they
    are used, or overridden. ends: what the connection is called in a handler. rfile: whether it has that file. setup, finish: "" or
    `await ` before the call of what is defined, None where it is not. activate: whether the constructor may leave binding to others.
    """

    concurrent: bool
    daemon: bool
    shutdown: bool
    verify: bool
    ends: Ends
    rfile: bool
    setup: str | None
    finish: str | None
    activate: bool


@dataclass(frozen=True)
class _Words:
    """One library's. accept: before the loop, and in it; stop: round the loop, so that `shutdown` ends it."""

    prepare: tuple[str, ...]
    accept: str
    start: str
    serve: str
    parameters: str
    imports: tuple[str, ...]


_WORDS = {
    Target.ASYNCIO: _Words(
        ("loop = asyncio.get_running_loop()", "self.socket.setblocking(False)"),
        "await loop.sock_accept(self.socket)",
        "tasks.create_task(self.serve_client(client, address))",
        """
        try:
            reader, writer = await asyncio.open_connection(sock=client)
            writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
            with contextlib.closing(writer):
                await self.RequestHandlerClass(reader, writer, address, self).{run}()
        except Exception:
            self.handle_error(client, address)
""",
        "{reader}: asyncio.StreamReader, {writer}: asyncio.StreamWriter",
        ("asyncio", "contextlib"),
    ),
    Target.TRIO: _Words(
        ("listener = trio.socket.from_stdlib_socket(self.socket)",),
        "await listener.accept()",
        "tasks.start_soon(self.serve_client, client, address)",
        """
        try:
            async with trio.SocketStream(client) as stream:
                await self.RequestHandlerClass(stream, address, self).{run}()
        except Exception:
            self.handle_error(client, address)
""",
        "{reader}: trio.SocketStream",
        ("trio",),
    ),
    Target.ANYIO: _Words(
        ("self.socket.setblocking(False)",),
        "await accept_socket(self.socket)",
        "tasks.start_soon(self.serve_client, client, address)",
        """
        try:
            # The stream is made here, not where it is accepted: on asyncio it reads ahead, without a bound, until somebody receives.
            async with await anyio.abc.SocketStream.from_socket(client) as stream:
                await self.RequestHandlerClass(stream, address, self).{run}()
        except Exception:
            self.handle_error(client, address)
            client.close()  # when it had gone before it had a stream
""",
        "{reader}: anyio.abc.SocketStream",
        ("anyio", "anyio.abc"),
    ),
}

_ACCEPT_SOCKET = Helper(
    "accept_socket",
    '''
async def accept_socket(listener: socket.socket) -> tuple[socket.socket, Any]:
    """Wait for a client; its socket, and its address."""
    while True:
        await anyio.wait_readable(listener)
        try:
            return listener.accept()
        except BlockingIOError:
            continue  # it has gone again
''',
    ("anyio", "socket", "typing:Any"),
)

_SERVER = '''
class {name}:
    """{doc}"""

    address_family = socket.AF_INET
    allow_reuse_address = False
    request_queue_size = 5

    def __init__(self, server_address: Any, handler: Callable[..., Any]{activate}) -> None:
        self.server_address, self.RequestHandlerClass = server_address, handler
        self.socket = socket.socket(self.address_family, socket.SOCK_STREAM)
{fields}        {try_}:
            self.server_bind()
            self.server_activate()
{undo}
    def server_bind(self) -> None:
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def server_activate(self) -> None:
        self.socket.listen(self.request_queue_size)

    def server_close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "{name}":
        return self

    def __exit__(self, *exception: object) -> None:
        self.server_close()

    def serve_forever(self) -> None:
        {run}
{shutdown}
    async def accept_clients(self) -> None:
{loop}
    async def serve_client(self, client: Any, address: Any) -> None:{serve}{verify}
    def handle_error(self, request: Any, client_address: Any) -> None:
        print("-" * 40, file=sys.stderr)
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)
        traceback.print_exc()
        print("-" * 40, file=sys.stderr)
'''
_VERIFY = """
    def verify_request(self, request: Any, client_address: Any) -> bool:
        return True
"""
_LOOP = """
while {while_}:
{wait}    try:
        client, address = {accept}
{gone}    except OSError:
        await {sleep}  # out of descriptors, perhaps: who waits is accepted later
        continue
"""


def server_helper(table: Table, needs: Needs) -> Helper:
    """The class of the server."""
    words, library = _WORDS[table.library], table.library
    name = TASKS if needs.concurrent else IN_TURN
    tasks = table.daemon_tasks if needs.daemon else table.tasks
    doc = "Accepts clients, and serves each in a task." if needs.concurrent else "Accepts clients, and serves one after the other."
    code = _SERVER.format(
        name=name,
        doc=doc,
        activate=", bind_and_activate: bool = True" if needs.activate else "",
        fields=_fields(library) if needs.shutdown else "",
        try_="if bind_and_activate" if needs.activate else "try",
        undo="" if needs.activate else "        except BaseException:\n            self.server_close()\n            raise\n",
        run=table.run.text.format("self.accept_clients"),
        shutdown=_SHUTDOWN[library] if needs.shutdown else "",
        loop=_loop(table, words, needs, tasks.text),
        serve=words.serve.format(run=_run(needs)),
        verify=_VERIFY if needs.verify else "",
    )
    helpers = [tasks.helper] if needs.concurrent and tasks.helper is not None else []
    helpers += [_ACCEPT_SOCKET] if library is Target.ANYIO else []
    imports = ("socket", "sys", "traceback", "collections.abc:Callable", "typing:Any", *words.imports)
    return Helper(name, code, imports, tuple(helpers))


def _run(needs: Needs) -> str:
    return "handle" if needs.setup is needs.finish is None else "run"


def _fields(library: Target) -> str:
    lines = ["self._stopping = False"]
    lines += ["self._woken, self._waker = socket.socketpair()" if library is Target.ANYIO else "self._wake: Callable[[], object] | None = None"]
    return "".join(f"        {line}\n" for line in lines)


def _indented(text: str, steps: int) -> str:
    return "".join(f"{'    ' * steps}{line}\n" for line in text.strip("\n").splitlines())


def _loop(table: Table, words: _Words, needs: Needs, tasks: str) -> str:
    start = words.start if needs.concurrent else "await self.serve_client(client, address)"
    if needs.verify:
        start = f"if self.verify_request(client, address):\n    {start}\nelse:\n    client.close()"
    polled = needs.shutdown and table.library is Target.ASYNCIO
    loop = _LOOP.format(
        while_="not self._stopping" if needs.shutdown else "True",
        wait="    await ready.wait()\n    ready.clear()\n" if polled else "",
        accept="self.socket.accept()" if polled else words.accept,
        gone="    except BlockingIOError:\n        continue\n" if polled else "",
        sleep=table.sleep.text.format("0.1"),
    ) + _indented(start, 1)
    lines = list(words.prepare)
    if needs.shutdown:
        loop = _STOP[table.library].format(loop=_indented(loop, 1))
    if needs.concurrent:
        loop = f"async with {tasks} as tasks:\n" + _indented(loop, 1)
    return _indented("\n".join([*lines, loop.strip("\n")]), 2)


_SHUTDOWN = {
    Target.ASYNCIO: '''
    def shutdown(self) -> None:
        """End serve_forever: from another thread, a signal handler, or a task. It does not wait for that."""
        self._stopping = True
        if self._wake is not None:
            self._wake()
''',
    Target.ANYIO: '''
    def shutdown(self) -> None:
        """End serve_forever: from another thread, a signal handler, or a task. It does not wait for that."""
        self._stopping = True
        self._waker.send(b"x")

    async def wait_for_shutdown(self, accepting: anyio.CancelScope) -> None:
        await anyio.wait_readable(self._woken)
        accepting.cancel()
''',
}
_SHUTDOWN[Target.TRIO] = _SHUTDOWN[Target.ASYNCIO]

_STOP = {
    Target.ASYNCIO: """
# Not sock_accept: it would have to be cancelled, and may then lose a client.
ready = asyncio.Event()
loop.add_reader(self.socket, ready.set)
self._wake = lambda: loop.call_soon_threadsafe(ready.set)
try:
{loop}finally:
    self._wake = None
    loop.remove_reader(self.socket)
""",
    Target.TRIO: """
with trio.CancelScope() as accepting:
    token = trio.lowlevel.current_trio_token()
    self._wake = lambda: token.run_sync_soon(accepting.cancel)
{loop}self._wake = None
""",
    Target.ANYIO: """
with anyio.CancelScope() as accepting:
    tasks.start_soon(self.wait_for_shutdown, accepting)
{loop}
""",
}

_HANDLER = '''
class {name}:
    """The conversation with one client."""

    def __init__(self, {parameters}, client_address: Any, server: Any) -> None:
        {assign}
        self.client_address, self.server = client_address, server
{rfile}{methods}'''


def handler_helper(table: Table, needs: Needs) -> Helper:
    """The class that handlers come from."""
    words, ends = _WORDS[table.library], needs.ends
    fields = ", ".join(f"self.{each}" for each in ends.both)
    itself = Ends(*(f"self.{each}" for each in (ends.reader, ends.writer)))
    file = table.file.text.format(reader=itself.reader, writer=itself.writer)
    methods = ""
    if _run(needs) == "run":
        for name, how in (("setup", needs.setup), ("finish", needs.finish)):
            if how is not None:
                methods += f"\n    {'async ' if how else ''}def {name}(self) -> None:\n        pass\n"
        setup = f"        {needs.setup}self.setup()\n" if needs.setup is not None else ""
        methods += f"\n    async def handle(self) -> None:\n        pass\n\n    async def run(self) -> None:\n{setup}"
        methods += (
            f"        try:\n            await self.handle()\n        finally:\n            {needs.finish}self.finish()\n"
            if needs.finish is not None
            else "        await self.handle()\n"
        )
    code = _HANDLER.format(
        name=HANDLER,
        parameters=words.parameters.format(reader=ends.reader, writer=ends.writer),
        assign=f"{fields} = {', '.join(ends.both)}",
        rfile=f"        self.rfile = {file}\n" if needs.rfile else "",
        methods=methods,
    )
    helpers = (table.file.helper,) if needs.rfile and table.file.helper is not None else ()
    return Helper(HANDLER, code, ("typing:Any", *table.type_imports), helpers)
