import contextlib
import os
import signal
import socket
import sys
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteStream

WORKERS = 2


async def receive(stream: anyio.abc.ByteStream, size: int) -> bytes:
    """At most size bytes, b"" at the end of input, or when size is 0."""
    if size < 0:
        raise ValueError("negative buffersize in recv")
    try:
        return await stream.receive(size) if size else b""
    except anyio.EndOfStream:
        return b""


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


def work(listener):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    async def serve_clients() -> None:
        while True:
            connection, _ = await accept_client(listener)
            try:
                while True:
                    data = await receive(connection, 4096)
                    if not data:
                        break
                    await connection.send(data.upper())
            except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
                print(error, file=sys.stderr)
            finally:
                await connection.aclose()

    anyio.run(serve_clients)


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    workers = set()

    def stop(number, frame):
        for worker in workers:
            os.kill(worker, signal.SIGTERM)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)  # refused by trio: IOM914
    while True:
        while len(workers) < WORKERS:
            worker = os.fork()
            if worker == 0:
                work(listener)
            workers.add(worker)
        worker, _ = os.wait()
        workers.discard(worker)


main()
