"""A blocking wait for descriptors in `async def`."""

from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import stalls, zero

EXAMPLE = """\
import select


async def readable(sock, seconds):
    ready, _, _ = select.select([sock], [], [], seconds)
    return bool(ready)
"""

# Each wait, and where its timeout stands.
TIMEOUT = {
    "select.select": 3,
    "select.poll.poll": 0,
    "select.epoll.poll": 0,
    "select.kqueue.control": 2,
    "selectors.DefaultSelector.select": 0,
}
WAITS = frozenset(TIMEOUT)


def _asks(_module: Module, call: Call) -> bool:
    """A timeout of 0 only asks; so does kqueue when it wants no events."""
    if call.calls("select.kqueue.control") and zero(call.argument(1)):
        return True
    return any(zero(call.argument(TIMEOUT[name], "timeout")) for name in call.names & WAITS)


RULE = Rule(
    code="IOM306",
    name="select-in-async",
    group=Group.BLOCKING,
    summary="a wait of select, poll, epoll, kqueue or selectors in async code: a second loop, and the first stands still in it",
    asyncio="await reader.read(n) in a task for each socket; for a bare descriptor loop.add_reader(fd, callback)",
    trio="await trio.lowlevel.wait_readable(sock)",
    anyio="await anyio.wait_readable(sock)",
    by=By.BOTH,
    trap="A select with a timeout was often there for the timeout alone: then it becomes a timeout round the read. add_reader "
    "does not exist on the loop that is the default on Windows (cpython#81554).",
    guide="recipes/select_loop.md",
    case="integrity/silent-client",
    example=EXAMPLE,
    check=stalls(WAITS, _asks),
    needs=WAITS,
)
