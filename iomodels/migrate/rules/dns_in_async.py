"""A blocking look-up of a name in `async def`."""

import ast

from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import stalls

EXAMPLE = """\
import socket


async def addresses(name):
    return [info[4][0] for info in socket.getaddrinfo(name, None)]
"""

LOOKUPS = frozenset(
    f"socket.{name}" for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo", "getfqdn")
)


def _numeric(_module: Module, call: Call) -> bool:
    """Told that the name is an address, it asks nobody."""
    return any(sign in ast.unparse(call.node) for sign in ("AI_NUMERICHOST", "NI_NUMERICHOST"))


RULE = Rule(
    code="IOM305",
    name="dns-in-async",
    group=Group.BLOCKING,
    summary="a blocking look-up of a name in async code: a name server that does not answer stops the loop for seconds",
    asyncio="await loop.getaddrinfo(host, port), await loop.getnameinfo(address): in the loop's default threads",
    trio="await trio.socket.getaddrinfo(host, port), await trio.socket.getnameinfo(address, 0)",
    anyio="await anyio.getaddrinfo(host, port), await anyio.getnameinfo(address)",
    by=By.BOTH,
    trap="The thread that looks a name up cannot be cancelled: on asyncio slow names fill the default executor, which "
    "asyncio.to_thread shares. gethostbyname knows IPv4 only and gives one address; getaddrinfo gives all, in the order "
    "to try them.",
    guide="recipes/blocking_work.md",
    example=EXAMPLE,
    check=stalls(LOOKUPS, _numeric),
    needs=LOOKUPS,
)
