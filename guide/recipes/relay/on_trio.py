"""The relay on trio: two tasks for each client, one for each way, and a reset ends both."""

import socket
import struct
import sys
from contextlib import suppress
from functools import partial

import trio

CONNECT = 10.0  # seconds for the server behind to accept
NOW = struct.pack("ii", 1, 0)  # SO_LINGER: closing is RST (socket(7))


async def main(port: int, behind: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(partial(attend, behind), listeners)


async def attend(behind: int, client: trio.SocketStream) -> None:
    async with client:
        try:
            with trio.fail_after(CONNECT):
                server = await trio.open_tcp_stream("127.0.0.1", behind)
        except (OSError, trio.TooSlowError):
            reset(client)
            return
        async with server:
            try:
                async with trio.open_nursery() as ways:
                    ways.start_soon(copy, client, server)
                    ways.start_soon(copy, server, client)
            except* trio.BrokenResourceError:  # one of them has vanished: so must we, for the other
                reset(client)
                reset(server)


async def copy(source: trio.SocketStream, target: trio.SocketStream) -> None:
    async for data in source:
        await target.send_all(data)
    await target.send_eof()  # FIN, and behind all that was sent: it is passed on


def reset(stream: trio.SocketStream) -> None:
    """Have its closing, which follows, tell the peer that something was lost."""
    with suppress(OSError):  # it has gone itself
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)


if __name__ == "__main__":
    port, behind = (int(argument) for argument in sys.argv[1:] or (8080, 8081))
    try:
        trio.run(main, port, behind)
    except* KeyboardInterrupt:
        pass
