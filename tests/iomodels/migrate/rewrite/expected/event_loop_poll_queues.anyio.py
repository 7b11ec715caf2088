"""poll with masks by name, a table of descriptors, and a queue of replies for each connection, which asks for output then."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(5)


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


async def converse(connection, client_address):
    print("  connection", client_address[0], file=sys.stderr)
    while True:
        # Handle inputs
        data = await receive(connection, 1024)
        if data:
            print("  received {!r} from {}".format(data, connection.extra(anyio.abc.SocketAttribute.raw_socket).getpeername()[0]), file=sys.stderr)
            next_msg = data.upper()
            print("  sending {!r} to {}".format(next_msg, connection.extra(anyio.abc.SocketAttribute.raw_socket).getpeername()[0]), file=sys.stderr)
            await connection.send(next_msg)
            print("  queue empty", file=sys.stderr)
        else:
            print("  closing", connection.extra(anyio.abc.SocketAttribute.raw_socket).getpeername()[0], file=sys.stderr)
            await connection.aclose()
            return


async def serve_clients() -> None:
    async with daemon_tasks() as tasks:
        while True:
            # Handle inputs
            connection, client_address = await accept_client(server)
            tasks.start_soon(attend, connection, converse, connection, client_address)


anyio.run(serve_clients)
