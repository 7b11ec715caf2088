"""A blocking connect in `async def`."""

from iomodels.migrate.module import Call, Module
from iomodels.migrate.polling import datagrams
from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import on_ready_socket, stalls

EXAMPLE = """\
import socket


async def ask(host, port, question):
    sock = socket.create_connection((host, port))
    return sock
"""

CONNECTS = frozenset({"socket.socket.connect", "socket.socket.connect_ex", "socket.create_connection"})


def _harmless(module: Module, call: Call) -> bool:
    """The connect of a datagram socket sends nothing: it only sets an address."""
    return not call.calls("socket.create_connection") and (datagrams(module, call) or on_ready_socket(module, call))


RULE = Rule(
    code="IOM304",
    name="connect-in-async",
    group=Group.BLOCKING,
    summary="a blocking connect in async code: a host that does not answer stops the loop for up to two minutes",
    asyncio="reader, writer = await asyncio.open_connection(host, port)",
    trio="stream = await trio.open_tcp_stream(host, port)",
    anyio="stream = await anyio.connect_tcp(host, port)",
    by=By.BOTH,
    trap="The name is looked up first, and that blocks as well. trio and anyio try several addresses of a name at once (happy"
    " eyeballs), asyncio does when given happy_eyeballs_delay. The timeout of create_connection stays on the socket and "
    "bounds each later recv: it becomes a timeout round the connect and one round each read.",
    guide="recipes/timeouts.md",
    example=EXAMPLE,
    check=stalls(CONNECTS, _harmless),
    needs=CONNECTS,
)
