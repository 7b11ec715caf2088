"""A server of the library that runs its own loop, in `async def`."""

from iomodels.migrate.library import BASES
from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import stalls

EXAMPLE = """\
import socketserver


async def main(handler):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 8080), handler) as server:
        server.serve_forever()
"""

SERVERS = {"socketserver.BaseServer", *(name for name in BASES if name.endswith(("Server", "MixIn")))}
SERVES = frozenset(f"{name}.{method}" for name in SERVERS for method in ("serve_forever", "handle_request"))
LOOPS = SERVES | {"asyncore.loop"}

RULE = Rule(
    code="IOM307",
    name="serve-forever-in-async",
    group=Group.BLOCKING,
    summary="a server that runs its own loop in async code: this loop waits until that server ends",
    asyncio="await asyncio.start_server(handle, host, port); unchanged beside the loop: await "
    "asyncio.to_thread(server.serve_forever)",
    trio="await trio.serve_tcp(handle, port); unchanged beside the loop: await trio.to_thread.run_sync(server.serve_forever)",
    anyio="await listener.serve(handle); unchanged beside the loop: await anyio.to_thread.run_sync(server.serve_forever)",
    by=By.HAND,
    trap="Cancelling the task does not stop a server that runs in a thread, and trio and anyio then wait for the thread: "
    "server.shutdown() ends serve_forever, and waits until it has. Its handlers run in threads, and must not touch what "
    "belongs to the loop.",
    guide="side_by_side/socketserver.md",
    case="stop/idle-clients-get-fin",
    example=EXAMPLE,
    check=stalls(LOOPS),
    needs=LOOPS,
)
