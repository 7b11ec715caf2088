"""Upper-case what comes, on anyio: `send` waits until the kernel has taken it, and meanwhile nothing is read."""

import socket
import sys
from contextlib import suppress

import anyio
from anyio.abc import SocketStream


async def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        async with anyio.create_task_group() as clients:
            while True:
                await anyio.wait_readable(listener)
                with suppress(BlockingIOError, ConnectionAbortedError):  # it has gone already
                    connection, _ = listener.accept()
                    clients.start_soon(attend, connection)


async def attend(connection: socket.socket) -> None:
    # Accepted by hand, and received from in the task that makes the stream, before anything else is awaited: on asyncio
    # the streams of anyio's own listener read on until their first `receive` has had to wait, and store what comes.
    with suppress(anyio.BrokenResourceError, ValueError):  # ValueError: it had gone before it was made a stream
        async with await SocketStream.from_socket(connection) as stream:
            async for data in stream:
                await stream.send(data.upper())


if __name__ == "__main__":
    try:
        anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except* KeyboardInterrupt:
        pass
