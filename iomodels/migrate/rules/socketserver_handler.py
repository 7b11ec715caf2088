"""Servers and handlers of socketserver and what is built on it: http.server, xmlrpc.server, wsgiref."""

from collections.abc import Iterator

from iomodels.migrate.library import BASES
from iomodels.migrate.module import Call, Module
from iomodels.migrate.rule import By, Group, Rule, Spot
from iomodels.migrate.shapes import base_from, sync

EXAMPLE = """\
import socketserver


class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


with socketserver.ThreadingTCPServer(("127.0.0.1", 8080), Upper) as server:
    server.serve_forever()
"""

HANDLER = "socketserver.BaseRequestHandler"
SERVERS = ("socketserver.BaseServer", "socketserver.ThreadingMixIn", "socketserver.ForkingMixIn")
FAMILIES = ("http.server", "xmlrpc.server", "wsgiref.simple_server")
RUNS = ("serve_forever", "handle_request")


def check(module: Module) -> Iterator[Spot]:
    """The class of each handler and server; where a module has none, each call that runs a server."""
    yield from [*_handlers(module), *_servers(module)] or _runs(module)


def _handlers(module: Module) -> Iterator[Spot]:
    for class_ in module.classes:
        above = module.ancestors(class_)
        base = base_from(module, class_, {HANDLER, *_below(HANDLER)}) if HANDLER in above else None
        if base is None or any(module.class_of(value) for value in module.value(base, class_.parent)):
            continue  # what comes from a handler of this module is no further one
        if "http.server.BaseHTTPRequestHandler" in above and not any(
            name.startswith(("do_", "handle", "parse")) for name in class_.methods
        ):
            continue  # taken for its parser alone
        yield Spot(base, f"a request handler of {_family(above)}")


def _servers(module: Module) -> Iterator[Spot]:
    servers = {name for server in SERVERS for name in (server, *_below(server))}
    for class_ in module.classes:
        above = module.ancestors(class_)
        if not above.isdisjoint(SERVERS):
            how = " with a thread for each request" * ("socketserver.ThreadingMixIn" in above)
            how += " with a process for each request" * ("socketserver.ForkingMixIn" in above)
            yield Spot(base_from(module, class_, servers) or class_.node, f"a server of {_family(above)}{how}")


def _runs(module: Module) -> Iterator[Spot]:
    for call in sync(module.calls):
        if call.last in RUNS and (family := _run(call)):
            yield Spot(call.node, f"{call.last} runs a server of {family}", call.confidence)


def _below(name: str) -> set[str]:
    """The library's classes that come from it."""
    found = {below for below, above in BASES.items() if name in above}
    return found | {further for below in found for further in _below(below)}


def _family(names: frozenset[str]) -> str:
    return next((family for family in FAMILIES if any(name.startswith(f"{family}.") for name in names)), "socketserver")


def _run(call: Call) -> str:
    """The family of the server that a call runs."""
    owners = frozenset(name.rpartition(".")[0] for name in call.names)
    servers = {name for server in SERVERS for name in (server, *_below(server))}
    return _family(owners) if owners & servers else ""


RULE = Rule(
    code="IOM113",
    name="socketserver-handler",
    group=Group.SHAPE,
    summary="a server or a handler of socketserver",
    asyncio="async def handle(reader, writer): ...; server = await asyncio.start_server(handle, host, port); await "
    "server.serve_forever()",
    trio="async def handle(stream): ...; await trio.serve_tcp(handle, port)",
    anyio="async def handle(stream): ...; await (await anyio.create_tcp_listener(local_port=port)).serve(handle)",
    by=By.BOTH,
    trap="The framework does more than the handler shows: setup and finish run round it, verify_request may refuse, "
    "handle_error prints an exception and goes on (on trio and anyio it would end the server), TCPServer alone serves one at "
    "a time, and the backlog is request_queue_size, 5, where asyncio's is 100. For http.server, take an asynchronous HTTP "
    "server instead of a socket one.",
    guide="models/socketserver.md",
    case="limits/handler-raises",
    example=EXAMPLE,
    check=check,
)
