"""The relay on anyio: two tasks for each client, one for each way, and a reset ends both."""

import socket
import struct
import sys
from contextlib import suppress

import anyio
from anyio.abc import SocketAttribute, SocketStream

CONNECT = 10.0  # seconds for the server behind to accept
NOW = struct.pack("ii", 1, 0)  # SO_LINGER: closing is RST (socket(7))


async def main(port: int, behind: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        async with anyio.create_task_group() as clients:
            while True:
                await anyio.wait_readable(listener)
                with suppress(BlockingIOError, ConnectionAbortedError):  # it has gone already
                    connection, _ = listener.accept()
                    clients.start_soon(attend, behind, connection)


async def attend(behind: int, connection: socket.socket) -> None:
    try:
        with anyio.fail_after(CONNECT):
            server = await anyio.connect_tcp("127.0.0.1", behind)
    except OSError:  # TimeoutError is one
        reset(connection)
        connection.close()
        return
    async with server:
        try:
            # Accepted by hand, made a stream when the server is there, and received from in this very task: on asyncio
            # the streams of anyio's own listener read on until their first `receive` has had to wait, and store what comes.
            client = await SocketStream.from_socket(connection)
        except ValueError:  # it has gone already
            reset(server.extra(SocketAttribute.raw_socket))
            return
        async with client:
            try:
                async with anyio.create_task_group() as ways:
                    ways.start_soon(copy, server, client)
                    await copy(client, server)
            except* anyio.BrokenResourceError:  # one of them has vanished: so must we, for the other
                reset(client.extra(SocketAttribute.raw_socket))
                reset(server.extra(SocketAttribute.raw_socket))


async def copy(source: SocketStream, target: SocketStream) -> None:
    async for data in source:
        await target.send(data)
    await target.send_eof()  # FIN, and behind all that was sent: it is passed on


def reset(connection: socket.socket) -> None:
    """Have its closing, which follows, tell the peer that something was lost."""
    with suppress(OSError):  # it has gone itself
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)


if __name__ == "__main__":
    port, behind = (int(argument) for argument in sys.argv[1:] or (8080, 8081))
    try:
        anyio.run(main, port, behind)
    except* KeyboardInterrupt:
        pass
