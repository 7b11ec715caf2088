"""What comes in is passed on to another port, and back: two threads for each client, one of which the other waits for."""

import contextlib
import math
import os
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import trio


async def alone(function: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails in it ends it alone, as an exception ended its thread alone."""
    try:
        await function(*args)
    except Exception:
        traceback.print_exc()


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


def socket_buffered(stream: trio.SocketStream) -> trio.SocketStream:
    """The stream, with as much room for what is unsent as its socket had: trio leaves 16 KiB (TCP_NOTSENT_LOWAT)."""
    with contextlib.suppress(AttributeError, OSError):  # a system without that option, a Unix socket
        stream.setsockopt(trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT, 0)
    return stream


async def connect_to(
    host: str | None, port: int | str | None, seconds: float | None = None, family: int = 0
) -> trio.SocketStream:
    """Connect to the first address that answers, within so many seconds for each. Raises OSError; TimeoutError is one."""
    why = OSError("getaddrinfo returns an empty list")
    for *_, address in await trio.socket.getaddrinfo(host, port, family, trio.socket.SOCK_STREAM):
        try:
            with trio.fail_after(math.inf if seconds is None else seconds):
                return socket_buffered(await trio.open_tcp_stream(*address[:2]))
        except trio.TooSlowError:
            why = TimeoutError("timed out")
        except OSError as error:
            [why] = error.__cause__.exceptions  # a group, of the one address
            why = OSError(why.errno, os.strerror(why.errno))
    raise why


async def attend(stream: trio.SocketStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the nursery, and every client with it


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


async def pipe(source, sink):
    try:
        while True:
            data = await source.receive_some(8192)
            if not data:
                break
            await sink.send_all(data)
    except (OSError, trio.BrokenResourceError, trio.ClosedResourceError) as why:
        print("lost", why)
    try:
        await sink.send_eof()
    except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
        pass


async def handle(client, behind):
    try:
        server = await connect_to("127.0.0.1", behind, 5)
    except OSError as why:
        print("nobody", why)
        await client.aclose()
        return
    async with client_tasks() as tasks:
        tasks.start_soon(alone, pipe, server, client)
        await pipe(client, server)
    await client.aclose()
    await server.aclose()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                client, _ = await accept_client(listener)
                tasks.start_soon(attend, client, handle, client, int(sys.argv[2]))

    trio.run(serve_clients)


if __name__ == "__main__":
    main()
