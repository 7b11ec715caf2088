"""The class that takes the place of asyncore's listeners."""

from dataclasses import dataclass

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.shapes._server_words import ACCEPT_SOCKET
from iomodels.migrate.rewrite.targets import Helper, Table

__all__ = ["LISTENER", "SERVE", "START", "listener_helper"]

LISTENER, START, SERVE = "Listener", "start", "serve_clients"


@dataclass(frozen=True)
class _Words:
    """One library's: a statement before the loop; how it accepts, and starts a task."""

    prepare: str
    accept: str
    start: str


_WORDS = {
    Target.ASYNCIO: _Words(
        "loop = asyncio.get_running_loop()",
        "await loop.sock_accept(self.socket)",
        "self.tasks.create_task(channel.serve())",
    ),
    Target.TRIO: _Words(
        "listener = trio.socket.from_stdlib_socket(self.socket)",
        "await listener.accept()",
        "self.tasks.start_soon(channel.serve)",
    ),
    Target.ANYIO: _Words("", "await accept_socket(self.socket)", "self.tasks.start_soon(channel.serve)"),
}
_LISTENER = '''
class Listener:
    """Accepts clients; each has a channel, and the channel a task."""

    def create_socket(self, family: int = socket.AF_INET, type: int = socket.SOCK_STREAM) -> None:
        self.socket = socket.socket(family, type)
        self.socket.setblocking(False)

    def set_reuse_addr(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def bind(self, address: Any) -> None:
        self.socket.bind(address)

    def listen(self, backlog: int) -> None:
        self.socket.listen(backlog)

    def close(self) -> None:
        self.socket.close()

    def start(self, channel: Any) -> Any:
        """Let a task serve a channel."""
        {start}
        return channel
{accept}
    async def serve_clients(self) -> None:
        {prepare}async with daemon_tasks() as self.tasks:
            while True:
                try:
                    {accepted} = {wait}
                except OSError:
                    await {sleep}  # out of descriptors, perhaps: who waits is accepted later
                    continue
                try:
                    {call}
                except Exception:
                    traceback.print_exc()
'''
_ACCEPT = '''
    def accept(self) -> Any:
        """The client that `handle_accept` is called for: its socket, and its address."""
        return self.accepted
'''


def listener_helper(table: Table, *, old: bool) -> Helper:
    """The class of the listener. old: whether `handle_accept` is the file's, and asks `accept`."""
    words = _WORDS[table.library]
    code = _LISTENER.format(
        start=words.start,
        accept=_ACCEPT if old else "",
        prepare=f"{words.prepare}\n        " if words.prepare else "",
        accepted="self.accepted" if old else "sock, address",
        wait=words.accept,
        sleep=table.sleep.text.format("0.1"),
        call="self.handle_accept()" if old else "self.handle_accepted(sock, address)",
    )
    helpers = [table.daemon_tasks.helper] if table.daemon_tasks.helper is not None else []
    helpers += [ACCEPT_SOCKET] if table.library is Target.ANYIO else []
    return Helper(LISTENER, code, ("socket", "traceback", "typing:Any", table.library.value), tuple(helpers))
