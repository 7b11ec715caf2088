"""A blocking connect, or a blocking look-up of a name."""

import ast
import ipaddress
from collections.abc import Iterator

from iomodels.migrate.module import Call, Module
from iomodels.migrate.polling import datagrams, mentions, not_blocking
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import constant, sync

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
            if not _numeric(module, call):
                yield Spot(call.node, f"{call.last} asks the resolver, and blocks", call.confidence)
        elif not call.calls(*CONNECTS) or not (datagrams(module, call) or not_blocking(module, call)):
            yield Spot(call.node, f"{call.last} blocks until the peer answers", call.confidence)


def _numeric(module: Module, call: Call) -> bool:
    """Whether it is given an address or nothing, so that nobody is asked: `getaddrinfo("127.0.0.1", 80)`."""
    if not call.calls("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyname_ex"):
        return False
    flags = call.argument(5, "flags")
    if flags is not None and mentions(flags, {"AI_NUMERICHOST"}):
        return True
    host = call.argument(0, "host")
    values = [constant(host)]
    if isinstance(host, ast.Name):
        bindings = call.function.names.get(host.id) or module.names.get(host.id) or ()
        values = [
            constant(binding.node) if binding.how == "=" and isinstance(binding.node, ast.expr) else ... for binding in bindings
        ]
    return bool(values) and all(value is None or (isinstance(value, str) and _is_address(value)) for value in values)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


RULE = Rule(
    code="IOM107",
    name="connect",
    group=Group.SHAPE,
    summary="a blocking connect or look-up of a name",
    asyncio="a look-up: await loop.getaddrinfo(host, port), by address: await loop.getnameinfo(address); a connect: "
    "reader, writer = await asyncio.open_connection(host, port)",
    trio="a look-up: await trio.socket.getaddrinfo(host, port), by address: await trio.socket.getnameinfo(address, 0); a "
    "connect: stream = await trio.open_tcp_stream(host, port)",
    anyio="a look-up: await anyio.getaddrinfo(host, port), by address: await anyio.getnameinfo(address); a connect: "
    "stream = await anyio.connect_tcp(host, port)",
    by=By.MACHINE,
    trap="The awaited forms have no timeout: one on the socket, or setdefaulttimeout, covered the connect and every call "
    "after it, and a look-up never had one. create_connection tries the addresses of a name one after the other; trio and "
    "anyio start the next attempt after a quarter of a second without waiting for the first to fail (happy eyeballs), asyncio "
    "only with happy_eyeballs_delay=. getfqdn and gethostbyaddr ask for the name of an address: that is getnameinfo.",
    guide="side_by_side/client.md",
    example=EXAMPLE,
    check=check,
    needs=frozenset({*CONNECTS, "socket.create_connection", *LOOKUPS}),
)
