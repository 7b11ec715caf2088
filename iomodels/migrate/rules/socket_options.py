"""Options of a socket that a rewrite must carry over."""

import ast
from collections.abc import Iterator

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Call, Module, dotted
from iomodels.migrate.polling import datagrams
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import called_on

EXAMPLE = """\
import socket

connection = socket.create_connection(("127.0.0.1", 8080))
connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
"""

SETS = frozenset({"socket.socket.setsockopt", "socket.socket.ioctl", "asyncore.dispatcher.socket.setsockopt"})
LEVELS = ("SOL_", "IPPROTO_")
ARGUMENTS = 3  # level, option, value; other libraries' setsockopt has two
OF_DATAGRAMS = {"SO_BROADCAST", "IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP", "IP_MULTICAST_TTL", "IP_MULTICAST_LOOP"}
OF_DATAGRAMS |= {"IP_MULTICAST_IF", "IPV6_JOIN_GROUP", "IPV6_LEAVE_GROUP", "IPV6_MULTICAST_HOPS", "IPV6_MULTICAST_IF"}
# What a library sets by itself, where that is right.
BY_ITSELF = {
    "SO_REUSEADDR": "asyncio, trio and anyio set it on their listeners by themselves on POSIX systems",
    "TCP_NODELAY": "asyncio, trio and anyio set it by themselves",
}
WRITTEN = {name.rpartition(".")[2] for name in SETS} | {"setsockopt"}


def check(module: Module) -> Iterator[Spot]:
    """Each call that sets an option: also of what is not known to be a socket, where the option is one of sockets."""
    for call in (call for call in module.calls if call.last in WRITTEN):
        sure = call.calls(*SETS)
        if sure or (call.last == "setsockopt" and len(call.node.args) == ARGUMENTS and _level(call).startswith(LEVELS)):
            option = _option(call)
            more = _advice(module, call, option)
            yield Spot(
                call.node, f"{option or 'an option'} of the socket: {more}", call.confidence if sure else Confidence.LIKELY
            )


def _advice(module: Module, call: Call, option: str) -> str:
    """What becomes of it: that depends on what the socket is for."""
    if option in OF_DATAGRAMS or datagrams(module, call):
        return "set it on the socket that is given to create_datagram_endpoint(sock=sock), or to trio and anyio"
    used = called_on(module).get(call.receiver, set()) if call.receiver else set()
    if option == "SO_REUSEADDR" and used & {"connect", "connect_ex"} and not used & {"bind", "listen"}:
        return "of one that connects: nothing sets it there, and it is rarely needed"
    return BY_ITSELF.get(option, "a rewrite must set it again")


def _level(call: Call) -> str:
    return dotted(call.node.args[0]).rpartition(".")[2]


def _option(call: Call) -> str:
    """The option's name, as it is written."""
    named = call.argument(0 if call.last == "ioctl" else 1)
    return ast.unparse(named).rpartition(".")[2] if isinstance(named, ast.Attribute | ast.Name) else ""


RULE = Rule(
    code="IOM208",
    name="socket-options",
    group=Group.HAZARD,
    summary="an option is set on the socket: a rewrite must carry it over",
    asyncio="writer.get_extra_info('socket').setsockopt(level, option, value); a listener: start_server(..., reuse_port=True,"
    " backlog=n); datagrams: create_datagram_endpoint(Protocol, sock=sock)",
    trio="stream.setsockopt(level, option, value)",
    anyio="stream.extra(anyio.abc.SocketAttribute.raw_socket).setsockopt(level, option, value)",
    by=By.BOTH,
    trap="A server that is moved to start_server or serve_tcp loses what was set on its old sockets, silently: one project "
    "lost its SO_KEEPALIVE and its check of the address in that way, and half-open connections stayed for ever. The backlog "
    "differs as well: asyncio listens with 100, socketserver with 5.",
    guide="concepts/socket.md#the-socket-itself",
    case="leaks/half-open-and-gone-100",
    example=EXAMPLE,
    check=check,
)
