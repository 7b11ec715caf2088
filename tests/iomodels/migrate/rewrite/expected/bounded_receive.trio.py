"""A select on one connection limits the receive behind it: who is silent is told so, and who stays silent is put out."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio

IDLE = 0.5


async def receive_or_none(seconds: float, stream: trio.SocketStream, size: int) -> bytes | None:
    """At most size bytes, b"" at the end of input; None when there is nothing for so long."""
    with trio.move_on_after(seconds):
        return await stream.receive_some(size)
    return None


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
async def daemon_tasks() -> AsyncIterator[trio.Nursery]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with trio.open_nursery() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


async def serve(client):
    silent = 0
    try:
        while True:
            # nothing for a while is no error
            ready = await receive_or_none(IDLE, client, 4096)
            if ready is None:
                silent += 1
                if silent == 2:
                    break
                await client.send_all(b"?")
                continue
            data = ready
            if not data:
                break
            silent = 0
            await client.send_all(data.upper())
    except (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
        print("lost", error)
    await client.aclose()


async def greeting(client):
    """Its first bytes, or none when there are none in time."""
    if (came := await receive_or_none(IDLE, client, 1024)) is None:
        return b""
    return came


async def welcome(client):
    first = await greeting(client)
    await client.send_all(first.upper())
    await serve(client)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                client, address = await accept_client(listener)
                tasks.start_soon(attend, client, welcome, client)

    trio.run(serve_clients)


if __name__ == "__main__":
    main()
