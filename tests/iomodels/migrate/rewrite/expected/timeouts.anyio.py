"""Time limits: of the listening socket, so that a flag is looked at, and of each call on a connection."""

import contextlib
import signal
import socket
import sys
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

IDLE = 5 * 60
running = True


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


async def receive_within(seconds: float | None, stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    with anyio.fail_after(seconds):
        return await receive(stream, size)


async def send_within(seconds: float | None, stream: anyio.abc.ByteStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError when it takes longer."""
    with anyio.fail_after(seconds):
        await stream.send(data)
    return len(data)


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


def stop(signum, frame):
    global running
    running = False


async def handle(client):
    try:
        while data := await receive_within(IDLE, client, 8192):
            await send_within(IDLE, client, data.upper())
    except socket.timeout:
        print("idle")
    except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        print("lost", error)
    await client.aclose()


def main():
    signal.signal(signal.SIGTERM, stop)
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    listener.settimeout(0.5)

    async def serve_clients() -> None:
        while running:
            try:
                client, _ = await accept_client(listener, 0.5)
            except socket.timeout:
                continue
            try:
                await handle(client)
            finally:
                await client.aclose()

    anyio.run(serve_clients)


if __name__ == "__main__":
    main()
