"""What the class of a server has more when its loop runs in a thread of its own: others stop it, and wait for that."""

from iomodels.migrate.rewrite.result import Target
from iomodels.migrate.rewrite.shapes._server_words import Needs, indented

__all__ = ["apart_close", "apart_fields", "apart_loop", "apart_run", "apart_shutdown", "to_its_end"]

_SHUTDOWN = '''
    def shutdown(self) -> None:
        """Let serve_forever accept nobody any more, and wait until it does not: from another thread than its own."""
        self._stopping = True
        wake, self._wake = self._wake, None  # once: the next signal may come while this one's handler wakes the loop
        if wake is not None:
            with contextlib.suppress(RuntimeError, OSError):  # it has ended meanwhile
                wake()
        self._stopped.wait()
'''
_WAIT_FOR_SHUTDOWN = """
    async def wait_for_shutdown(self, woken: socket.socket, accepting: anyio.CancelScope) -> None:
        with woken:
            await anyio.wait_readable(woken)
            accepting.cancel()
"""
_LOOPS = {
    Target.ASYNCIO: """
# Not sock_accept: it would have to be cancelled, and may then lose a client.
ready = asyncio.Event()
loop.add_reader(self.socket, ready.set)
self._wake = lambda: loop.call_soon_threadsafe(ready.set)
try:
{loop}finally:
    loop.remove_reader(self.socket)
    self._wake, self._stopping = None, False
    self._stopped.set()
""",
    Target.TRIO: """
with trio.CancelScope() as accepting:
    token = trio.lowlevel.current_trio_token()
    self._wake = lambda: token.run_sync_soon(accepting.cancel)
    try:
{further}    finally:
        self._wake, self._stopping = None, False
        self._stopped.set()
""",
    Target.ANYIO: """
woken, waker = socket.socketpair()
with anyio.CancelScope() as accepting, waker:
    tasks.start_soon(self.wait_for_shutdown, woken, accepting)
    self._wake = lambda: waker.send(b"x")
    try:
{further}    finally:
        self._wake, self._stopping = None, False
        self._stopped.set()
""",
}
_JOINED_CLOSE = """\
        if not self._ended.is_set():
            self.shutdown()
        self.socket.close()
        self._ended.wait()  # for its clients, as for their threads
"""


def apart_fields(needs: Needs) -> str:
    """What the constructor sets."""
    lines = ["self._stopping, self._stopped = False, threading.Event()", "self._wake: Callable[[], object] | None = None"]
    lines += ["self._ended = threading.Event()", "self._ended.set()"] if needs.joined else []
    return indented("\n".join(lines), 2)


def apart_close(needs: Needs) -> str:
    """The body of `server_close`."""
    return _JOINED_CLOSE if needs.joined else "        self.socket.close()\n"


def apart_run(needs: Needs, run: str) -> str:
    """The body of `serve_forever`."""
    lines = ["self._stopped.clear()", "try:", f"    {run}", "finally:", "    self._stopped.set()"]
    if needs.joined:
        lines = ["self._ended.clear()", *lines, "    self._ended.set()"]
    return indented("\n".join(lines), 2).rstrip("\n")


def apart_shutdown(library: Target) -> str:
    """`shutdown`, and the task that it needs."""
    return _SHUTDOWN + (_WAIT_FOR_SHUTDOWN if library is Target.ANYIO else "")


def apart_loop(library: Target, loop: str) -> str:
    """The loop that accepts, within what ends it, and says that it has ended: its clients need not have."""
    return _LOOPS[library].format(loop=indented(loop, 1), further=indented(loop, 2))


def to_its_end(library: Target, serve: str) -> str:
    """One conversation, which `shutdown` does not cut: it waits."""
    return serve if library is Target.ASYNCIO else f"with {library.value}.CancelScope(shield=True):\n    {serve}"
