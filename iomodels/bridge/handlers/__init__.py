"""Handlers of socketserver, unchanged, in a running loop: `await bridge.serve(HandlerClass, address)`.

A handler stays blocking code and runs in a worker thread of the loop, so `anyio.from_thread.run(...)` reaches the loop from
inside it: the way to move a handler a piece at a time. The server stays the program's own, where it has one of its own.
"""

import math

import anyio
import anyio.lowlevel
from anyio.abc import TaskStatus

from iomodels.bridge.handlers.making import Address, Handler, Server, SocketAddress, maker
from iomodels.bridge.handlers.session import Session
from iomodels.bridge.misuse import library

__all__ = ["GRACE", "serve"]

GRACE = 5.0  # seconds


async def serve(
    handler: Handler = None,
    address: Address = None,
    *,
    server: Server = None,
    limit: float | anyio.CapacityLimiter | None = None,
    grace: float = GRACE,
    task_status: TaskStatus[SocketAddress] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Serve connections, or datagrams, with a handler class of socketserver's kind, until cancelled or shut down.

    handler: the handler class (or what makes a handler of request, client_address, server), as socketserver takes it.
    address: (host, port), where port 0 picks a free one and a host with a colon is IPv6; the path of a Unix socket; or a
        socket, bound and perhaps listening. A handler derived from DatagramRequestHandler is served over UDP.
    server: the program's own server class, called with (address, handler); another callable that makes a server of these; or a
        server, bound or not. It is made, and its hooks are called, as by serve_forever, in one thread of its own; serve closes
        it in the end with server_close. Its serve_forever is called, also where the program overrides it. `timeout` and
        `handle_timeout`, `service_actions` and `shutdown` work; shutdown called in a handler does not wait. Without server=
        it is a ThreadingTCPServer, or a ThreadingUDPServer, that reuses the address and has a long backlog.
    limit: how many requests at once: a number, or a CapacityLimiter shared with others. As long as there is no room, nothing is
        accepted, and clients wait in the kernel's backlog. By default one for a server without ThreadingMixIn, in the server's
        thread; 40 otherwise. A server whose own process_request starts threads bounds them itself.
    grace: seconds. When serving ends, nothing more is accepted, and connections are shut down for reading: handlers read what
        has arrived, then the end of input, and end their ordinary way, their replies complete. After the grace, connections
        are shut down wholly; what still runs half a second later is left alone (no thread can be ended from outside, and under
        asyncio the interpreter waits for it at exit), its connection closed, and a warning logged.
    task_status: `await group.start(...)` returns the server's address once it listens.

    Raises OSError if the address cannot be had; Misuse for a forking server, for an async handler and the like; what ends
    serve_forever (in a server without threads SystemExit, say, raised in a handler). What a handler raises goes to the
    server's handle_error, as ever.
    """
    library()
    if not 0 <= grace <= math.inf:
        raise ValueError(f"grace is a number of seconds from 0 up, not {grace!r}")
    make = maker(handler, address, server)
    await anyio.lowlevel.checkpoint()
    await Session(make, limit, grace).run(task_status)
