"""The class that takes the place of socketserver's servers: it listens and accepts, and awaits each handler."""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.shapes._apart_texts import (
    apart_close,
    apart_fields,
    apart_loop,
    apart_run,
    apart_shutdown,
    to_its_end,
)
from iomodels.migrate.rewrite.shapes._server_words import IN_TURN, TASKS, WORDS, Needs, Words, indented
from iomodels.migrate.rewrite.targets import Helper, Table

__all__ = ["server_helper"]

_SERVER = '''
class {name}:
    """{doc}"""

    address_family = socket.AF_INET
    allow_reuse_address = False
    request_queue_size = 5

    def __init__(self, server_address: Any, RequestHandlerClass: Callable[..., Any]{activate}) -> None:
        self.server_address, self.RequestHandlerClass = server_address, RequestHandlerClass
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
{close}
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
_ERROR = """\
            self.handle_error(client, address)
"""
_GUARDED = """\
            try:
                self.handle_error(client, address)
            except Exception:
                traceback.print_exc()  # not further: it ended a thread, and would end the server
"""
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
    words, library = WORDS[table.library], table.library
    name = TASKS if needs.concurrent else IN_TURN
    tasks = table.daemon_tasks if needs.daemon and not needs.apart else table.tasks
    grouped = needs.concurrent or (needs.apart and library is Target.ANYIO)
    run = table.run.text.format("self.accept_clients")
    doc = (
        "Accepts clients, and serves each in a task."
        if needs.concurrent
        else "Accepts clients, and serves one after the other."
    )
    code = _SERVER.format(
        name=name,
        doc=doc,
        activate=", bind_and_activate: bool = True" if needs.activate else "",
        fields=apart_fields(needs) if needs.apart else _fields(library) if needs.shutdown else "",
        try_="if bind_and_activate" if needs.activate else "try",
        undo="" if needs.activate else "        except BaseException:\n            self.server_close()\n            raise\n",
        close=apart_close(needs) if needs.apart else "        self.socket.close()\n",
        run=apart_run(needs, run) if needs.apart else f"        {run}",
        shutdown=apart_shutdown(library) if needs.apart else _SHUTDOWN[library] if needs.shutdown else "",
        loop=_loop(table, words, needs, tasks.text if grouped else ""),
        serve=words.serve.format(run=needs.entry, error=_GUARDED if needs.guarded and needs.concurrent else _ERROR),
        verify=_VERIFY if needs.verify else "",
    )
    helpers = [tasks.helper] if grouped and tasks.helper is not None else []
    imports = ("socket", "sys", "traceback", "collections.abc:Callable", "typing:Any", *words.imports)
    imports += ("contextlib", "threading") if needs.apart else ()
    return Helper(name, code, imports, (*helpers, *words.helpers))


def _fields(library: Target) -> str:
    lines = ["self._stopping = False"]
    lines += [
        "self._woken, self._waker = socket.socketpair()"
        if library is Target.ANYIO
        else "self._wake: Callable[[], object] | None = None"
    ]
    return "".join(f"        {line}\n" for line in lines)


def _loop(table: Table, words: Words, needs: Needs, tasks: str) -> str:
    stops = needs.shutdown or needs.apart
    start = words.start if needs.concurrent else "await self.serve_client(client, address)"
    if needs.apart and not needs.concurrent:
        start = to_its_end(table.library, start)
    if needs.verify:
        start = f"if self.verify_request(client, address):\n{indented(start, 1)}else:\n    client.close()"
    polled = stops and table.library is Target.ASYNCIO
    loop = _LOOP.format(
        while_="not self._stopping" if stops else "True",
        wait="    await ready.wait()\n    ready.clear()\n" if polled else "",
        accept="self.socket.accept()" if polled else words.accept,
        gone="    except BlockingIOError:\n        continue\n" if polled else "",
        sleep=table.sleep.text.format("0.1"),
    ) + indented(start, 1)
    lines = list(words.prepare)
    if needs.apart:
        loop = apart_loop(table.library, loop)
    elif needs.shutdown:
        loop = _STOP[table.library].format(loop=indented(loop, 1))
    if tasks:
        loop = f"async with {tasks} as tasks:\n" + indented(loop, 1)
    return indented("\n".join([*lines, loop.strip("\n")]), 2)


_SHUTDOWN = {
    Target.ASYNCIO: '''
    def shutdown(self) -> None:
        """End serve_forever: from another thread, a signal handler, or a task. It does not wait for that."""
        self._stopping = True
        wake, self._wake = self._wake, None  # once: the next signal may come while this one's handler wakes the loop
        if wake is not None:
            wake()
''',
    Target.ANYIO: '''
    def shutdown(self) -> None:
        """End serve_forever: from another thread, a signal handler, or a task. It does not wait for that."""
        stopping, self._stopping = self._stopping, True
        if not stopping:
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
