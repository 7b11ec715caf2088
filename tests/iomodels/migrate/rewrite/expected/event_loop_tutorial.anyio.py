"""selectors as in the best-known tutorial: what is received, echoed and closed is printed; both events are always watched."""

import contextlib
import socket
import sys
import traceback
import types
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def attend(stream: anyio.abc.ByteStream, handler: Callable[..., Awaitable[object]], *args: Any) -> None:
    """What fails with one client ends that one alone, as an exception ended its thread alone."""
    try:
        async with stream:
            await handler(*args)
    except Exception:
        traceback.print_exc()  # not further: it would cancel the group, and every client with it


async def stream_of(client: Any) -> anyio.abc.ByteStream:
    """The stream of a client's socket. Raises ValueError when the client has gone, and has no address any more."""
    stream = await anyio.abc.SocketStream.from_socket(client)
    buffered = BufferedByteStream(stream)
    # On asyncio a stream reads ahead, without a bound, until somebody has received for the first time.
    with anyio.move_on_after(0), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        buffered.feed_data(await stream.receive())
    return buffered


async def accept_client(listener: Any, seconds: float | None = None) -> tuple[anyio.abc.ByteStream, Any]:
    """Wait for a client; its stream, and its address. Raises TimeoutError when nobody comes for so long."""
    listener.setblocking(False)
    while True:
        with anyio.fail_after(seconds):
            await anyio.wait_readable(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        try:
            return await stream_of(client), address
        except ValueError:
            client.close()


@contextlib.asynccontextmanager
async def daemon_tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    """A task for each client. They end with the loop, as daemon threads end with the program."""
    try:
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None  # what ended the loop


async def converse(conn, addr):
    print(f"Accepted connection from {addr}")
    data = types.SimpleNamespace(addr=addr, inb=b"", outb=b"")
    await service_connection(conn, data)


async def accept_wrapper(sock, tasks):
    conn, addr = await accept_client(sock)
    tasks.start_soon(attend, conn, converse, conn, addr)


async def service_connection(sock, data):
    while True:
        recv_data = await receive(sock, 1024)
        if recv_data:
            data.outb += recv_data
        else:
            print(f"Closing connection to {data.addr}")
            await sock.aclose()
            return
        if data.outb:
            print(f"Echoing {data.outb!r} to {data.addr}")
            await sock.send(data.outb)
            data.outb = b""


host, port = "127.0.0.1", int(sys.argv[1])
lsock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
lsock.bind((host, port))
lsock.listen()
print(f"Listening on {(host, port)}")

try:
    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                await accept_wrapper(lsock, tasks)

    anyio.run(serve_clients)
except KeyboardInterrupt:
    print("Caught keyboard interrupt, exiting")
