"""epoll as it is often taught: a request is received, the reply is sent, and the connection shut, and closed when it hangs up."""

import contextlib
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

EOL1 = b"\n\n"
EOL2 = b"\n\r\n"
response = b"HTTP/1.0 200 OK\r\nDate: Mon, 1 Jan 1996 01:01:01 GMT\r\n"
response += b"Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
response += b"Hello, world!"

serversocket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
serversocket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
serversocket.bind(("127.0.0.1", int(sys.argv[1])))
serversocket.listen(1)


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


try:

    async def converse(connection):
        requests = b""
        while True:
            requests += await receive(connection, 1024)
            if EOL1 in requests or EOL2 in requests:
                print("-" * 40 + "\n" + requests.decode()[:-2], flush=True)
                # the reply comes next
                await connection.send(response)
                await connection.send_eof()
                await connection.aclose()
                return

    async def serve_clients() -> None:
        async with daemon_tasks() as tasks:
            while True:
                connection, address = await accept_client(serversocket)
                tasks.start_soon(attend, connection, converse, connection)

    anyio.run(serve_clients)
finally:
    serversocket.close()
