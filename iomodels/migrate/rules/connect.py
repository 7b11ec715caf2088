"""A blocking connect, or a blocking look-up of a name."""

from collections.abc import Iterator

from iomodels.migrate.module import Module
from iomodels.migrate.polling import datagrams, not_blocking
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import sync

EXAMPLE = """\
import socket

sock = socket.create_connection(("example.org", 80))
"""

CONNECTS = ("socket.socket.connect", "socket.socket.connect_ex")
LOOKUPS = tuple(
    f"socket.{name}" for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo", "getfqdn")
)


def check(module: Module) -> Iterator[Spot]:
    """Each connect of a blocking stream socket, and each look-up."""
    for call in sync(module.called(*CONNECTS, "socket.create_connection", *LOOKUPS)):
        if call.calls(*LOOKUPS):
            yield Spot(call.node, f"{call.last} asks the resolver, and blocks", call.confidence)
        elif not call.calls(*CONNECTS) or not (datagrams(module, call) or not_blocking(module, call)):
            yield Spot(call.node, f"{call.last} blocks until the peer answers", call.confidence)


RULE = Rule(
    code="IOM107",
    name="connect",
    group=Group.SHAPE,
    summary="a blocking connect or look-up of a name",
    asyncio="reader, writer = await asyncio.open_connection(host, port); await loop.getaddrinfo(host, port)",
    trio="stream = await trio.open_tcp_stream(host, port); await trio.socket.getaddrinfo(host, port)",
    anyio="stream = await anyio.connect_tcp(host, port); await anyio.getaddrinfo(host, port)",
    by=By.MACHINE,
    trap="create_connection tries the addresses of a name one after the other. trio and anyio start the next attempt after a "
    "quarter of a second without waiting for the first to fail (happy eyeballs), asyncio only with happy_eyeballs_delay=. A "
    "timeout on the socket, or setdefaulttimeout, covered the connect and every call after it; the awaited forms have none.",
    guide="side_by_side/client.md",
    example=EXAMPLE,
    check=check,
    needs=frozenset({*CONNECTS, "socket.create_connection", *LOOKUPS}),
)
