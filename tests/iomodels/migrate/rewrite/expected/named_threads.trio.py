"""Threads that are given names, and asked for them."""

import contextlib
import socket
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


async def attend(stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return socket_buffered(trio.SocketStream(client)), address


@contextlib.asynccontextmanager
async def client_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. When the loop ends, clients are served to their end, as by threads; Ctrl-C ends them."""
    ended = None
    try:
        async with trio.open_nursery() as tasks:
            try:
                yield tasks
            except Exception as error:
                ended = error
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # Ctrl-C
    if ended is not None:
        raise ended


class Server:
    def __init__(self, port):
        self.stopped = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port))

    def accept_clients(self):
        async def serve_clients() -> None:
            async with client_tasks() as tasks:
                while not self.stopped.is_set():
                    client, address = await accept_client(self.listener)
                    name = "client-%s:%s" % address
                    tasks.start_soon(attend, client, self.serve, client, name=name)

        trio.run(serve_clients)

    async def serve(self, client):
        async with client:
            print(trio.lowlevel.current_task().name, "came")
            while data := await client.receive_some(4096):
                await client.send_all(data.upper())


if __name__ == "__main__":
    server = Server(int(sys.argv[1]))
    threading.Thread(target=server.accept_clients).start()
