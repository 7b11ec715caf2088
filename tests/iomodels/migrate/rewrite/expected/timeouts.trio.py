"""Time limits: of the listening socket, so that a flag is looked at, and of each call on a connection."""

import contextlib
import signal
import socket
import sys
from typing import Any

import trio

IDLE = 5 * 60
running = True


async def receive(stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    return await stream.receive_some(size) if size else b""


async def receive_within(seconds: float, stream: trio.SocketStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises trio.TooSlowError when there is nothing for so long."""
    with trio.fail_after(seconds):
        return await receive(stream, size)


async def send_within(seconds: float, stream: trio.SocketStream, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises trio.TooSlowError when it takes longer."""
    with trio.fail_after(seconds):
        await stream.send_all(data)
    return len(data)


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


def stop(signum, frame):
    global running
    running = False


async def handle(client):
    try:
        while data := await receive_within(IDLE, client, 8192):
            await send_within(IDLE, client, data.upper())
    except (socket.timeout, trio.TooSlowError):
        print("idle")
    except (OSError, trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError) as error:
        print("lost", error)
    await client.aclose()


def main():
    signal.signal(signal.SIGTERM, stop)
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    listener.settimeout(0.5)

    async def serve_clients() -> None:
        while running:
            try:
                client, _ = await accept_within(0.5, listener)
            except socket.timeout:
                continue
            try:
                await handle(client)
            finally:
                await client.aclose()

    trio.run(serve_clients)


if __name__ == "__main__":
    main()
