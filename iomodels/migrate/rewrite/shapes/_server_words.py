"""What the classes that take socketserver's place are made of: what a file needs of them, and each library's words."""

from dataclasses import dataclass

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.targets import Helper
from iomodels.migrate.rewrite.targets._buffered import SOCKET_BUFFERED
from iomodels.migrate.rewrite.unit import Ends

__all__ = ["HANDLER", "IN_TURN", "TASKS", "WORDS", "Needs", "Words", "indented"]

HANDLER, TASKS, IN_TURN = "ClientHandler", "TaskServer", "SequentialServer"


@dataclass(frozen=True)
class Needs:
    """What a file needs of the two classes, beside the least.

    concurrent: a task for each client, or one client at a time. daemon: clients end with the loop.
    shutdown, verify, activate: whether the one is used, the other overridden, and the constructor told not to bind.
    guarded: whether `handle_error` is overridden, and may itself fail.
    apart: whether the loop runs in a thread of its own, which others stop and wait for.
    ends: what the connection is called in a handler. rfile: whether it has that file.
    seconds: the time limit of each receive, "" for none.
    setup, finish: "" or `await `, as goes before the call of what is defined, None where it is not.
    """

    concurrent: bool
    daemon: bool
    shutdown: bool
    verify: bool
    ends: Ends
    rfile: bool
    seconds: str
    setup: str | None
    finish: str | None
    activate: bool
    guarded: bool
    apart: bool

    @property
    def joined(self) -> bool:
        """Whether `server_close` waits for the clients, as it did for their threads."""
        return self.concurrent and not self.daemon

    @property
    def entry(self) -> str:
        """The method of a handler that the server awaits."""
        return "handle" if self.setup is self.finish is None else "run"


@dataclass(frozen=True)
class Words:
    """One library's: statements before the loop; how it accepts, starts a task, and serves; a handler's parameters."""

    prepare: tuple[str, ...]
    accept: str
    start: str
    serve: str
    parameters: str
    imports: tuple[str, ...]
    helpers: tuple[Helper, ...] = ()


ACCEPT_SOCKET = Helper(
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
WORDS = {
    Target.ASYNCIO: Words(
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
{error}""",
        "{reader}: asyncio.StreamReader, {writer}: asyncio.StreamWriter",
        ("asyncio", "contextlib"),
    ),
    Target.TRIO: Words(
        ("listener = trio.socket.from_stdlib_socket(self.socket)",),
        "await listener.accept()",
        "tasks.start_soon(self.serve_client, client, address)",
        """
        try:
            async with socket_buffered(trio.SocketStream(client)) as stream:
                await self.RequestHandlerClass(stream, address, self).{run}()
        except Exception:
{error}""",
        "{reader}: trio.SocketStream",
        ("trio",),
        (SOCKET_BUFFERED,),
    ),
    Target.ANYIO: Words(
        ("self.socket.setblocking(False)",),
        "await accept_socket(self.socket)",
        "tasks.start_soon(self.serve_client, client, address)",
        """
        try:
            # Not before: on asyncio, a stream reads ahead without a bound until somebody receives.
            async with await anyio.abc.SocketStream.from_socket(client) as stream:
                await self.RequestHandlerClass(stream, address, self).{run}()
        except Exception:
{error}            client.close()  # when it had gone before it had a stream
""",
        "{reader}: anyio.abc.SocketStream",
        ("anyio", "anyio.abc"),
        (ACCEPT_SOCKET,),
    ),
}


def indented(text: str, steps: int) -> str:
    """Lines further in by so many steps."""
    return "".join(f"{'    ' * steps}{line}\n" for line in text.strip("\n").splitlines())
