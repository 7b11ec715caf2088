"""A blocking accept in `async def`."""

from iomodels.migrate.rule import By, Group, Rule
from iomodels.migrate.stalls import on_ready_socket, stalls

EXAMPLE = """\
import asyncio
import socket


async def serve(handle):
    listener = socket.create_server(("127.0.0.1", 8080))
    while True:
        connection, address = listener.accept()
        asyncio.create_task(handle(connection))
"""

ACCEPTS = frozenset({"socket.socket.accept"})

RULE = Rule(
    code="IOM302",
    name="accept-in-async",
    group=Group.BLOCKING,
    summary="a blocking accept in async code: between two clients nobody is served",
    asyncio="await asyncio.start_server(handle, host, port); or connection, address = await loop.sock_accept(listener)",
    trio="await trio.serve_tcp(handle, port); or stream = await listener.accept()",
    anyio="listener = await anyio.create_tcp_listener(local_port=port); await listener.serve(handle)",
    by=By.BOTH,
    trap="The tasks made for earlier clients run only while the accept does not wait: each client is served when the next one "
    "connects. loop.sock_accept wants a listener that is non-blocking, and hands out connections that are.",
    guide="recipes/accept_loop.md",
    case="integrity/two-interleaved",
    example=EXAMPLE,
    check=stalls(ACCEPTS, on_ready_socket),
    needs=ACCEPTS,
)
