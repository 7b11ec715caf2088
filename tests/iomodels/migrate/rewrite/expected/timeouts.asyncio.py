"""Time limits: of the listening socket, so that a flag is looked at, and of each call on a connection."""

import asyncio
import signal
import socket
import sys
from typing import Any

IDLE = 5 * 60
running = True


async def receive(reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes; b"" at the end of input, or when size is 0, and then others run first: who does not look may spin."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    data = await reader.read(size) if size else b""
    if not data:
        await asyncio.sleep(0)
    return data


async def receive_within(seconds: float | None, reader: asyncio.StreamReader, size: int) -> bytes:
    """At most size bytes, b"" at the end of input. Raises TimeoutError when there is nothing for so long."""
    async with asyncio.timeout(seconds):
        return await receive(reader, size)


async def send_within(seconds: float | None, writer: asyncio.StreamWriter, data: bytes) -> int:
    """Send all of it, and say how many bytes that was. Raises TimeoutError, and drops the connection, when it takes longer."""
    writer.write(data)
    try:
        async with asyncio.timeout(seconds):
            await writer.drain()
    except TimeoutError:
        writer.transport.abort()  # close would wait until the peer has taken the rest
        raise
    return len(data)


async def accept_within(seconds: float | None, listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address. Raises TimeoutError when nobody comes; then nobody is lost either."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    while True:
        ready = asyncio.Event()
        loop.add_reader(listener, ready.set)
        try:
            async with asyncio.timeout(seconds):  # round the wait alone: sock_accept, cancelled late, forgets a client
                await ready.wait()
        finally:
            loop.remove_reader(listener)
        try:
            client, address = listener.accept()
        except BlockingIOError:
            continue  # it has gone again
        client.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=client)
        writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
        return reader, writer, address


def stop(signum, frame):
    global running
    running = False


async def handle(reader, writer):
    try:
        while data := await receive_within(IDLE, reader, 8192):
            await send_within(IDLE, writer, data.upper())
    except socket.timeout:
        print("idle")
    except OSError as error:
        print("lost", error)
    writer.close()


def main():
    signal.signal(signal.SIGTERM, stop)
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    listener.settimeout(0.5)

    async def serve_clients() -> None:
        while running:
            try:
                reader, writer, _ = await accept_within(0.5, listener)
            except socket.timeout:
                continue
            try:
                await handle(reader, writer)
            finally:
                writer.close()

    asyncio.run(serve_clients())


if __name__ == "__main__":
    main()
