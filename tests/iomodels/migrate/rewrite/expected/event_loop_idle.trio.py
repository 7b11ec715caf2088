"""A class; its loop wakes up each second for something else, and ends when it is told to."""

import contextlib
import socket
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


async def accept_within(seconds: float, listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes, as the listening socket did."""
    with trio.move_on_after(seconds):
        client, address = await trio.socket.from_stdlib_socket(listener).accept()
        return socket_buffered(trio.SocketStream(client)), address
    raise TimeoutError("timed out")


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


class Server:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.seen = {}
        self.done = False

    def report(self):
        quiet = [client for client, count in self.seen.items() if not count]
        print(len(self.seen), "clients,", len(quiet), "of them quiet")

    def run(self):
        self.listener.settimeout(1.0)

        async def serve_clients() -> None:
            async with daemon_tasks() as tasks:
                while not self.done:
                    try:
                        client, _ = await accept_within(1.0, self.listener)
                    except TimeoutError:
                        pass
                    else:
                        tasks.start_soon(attend, client, self.converse, client)
                    self.report()

        trio.run(serve_clients)
        self.listener.close()

    async def converse(self, client):
        self.seen[client] = 0
        await self.serve(client)

    async def serve(self, sock):
        while True:
            data = await sock.receive_some(4096)
            if not data:
                del self.seen[sock]
                await sock.aclose()
                return
            await sock.send_all(data)
            self.seen[sock] += 1


Server(8080).run()
