"""The relay on asyncio: two tasks for each client, one for each way, and a reset ends both."""

import asyncio
import socket
import struct
import sys
from contextlib import suppress
from functools import partial

CHUNK = 64 * 1024
CONNECT = 10.0  # seconds for the server behind to accept
NOW = struct.pack("ii", 1, 0)  # SO_LINGER: closing is RST (socket(7))


async def main(port: int, behind: int) -> None:
    server = await asyncio.start_server(partial(attend, behind), "127.0.0.1", port)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()  # for ever; at Ctrl-C `serve_forever` waits until all have left, since Python 3.12


async def attend(behind: int, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(CONNECT):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", behind)
    except OSError:  # TimeoutError is one
        reset(to_client)
        return
    try:
        async with asyncio.TaskGroup() as ways:
            ways.create_task(copy(from_client, to_server))
            ways.create_task(copy(from_server, to_client))
    except* OSError:  # one of them has vanished: so must we, for the other
        reset(to_client)
        reset(to_server)
    finally:
        to_client.close()
        to_server.close()


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK):
        target.write(data)
        await target.drain()
    target.write_eof()  # FIN, and behind all that was sent: it is passed on


def reset(writer: asyncio.StreamWriter) -> None:
    """Close it so that the peer is told that something was lost."""
    with suppress(OSError):  # it has gone itself
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)
    writer.transport.abort()


if __name__ == "__main__":
    port, behind = (int(argument) for argument in sys.argv[1:] or (8080, 8081))
    try:
        asyncio.run(main(port, behind))
    except KeyboardInterrupt:
        pass
