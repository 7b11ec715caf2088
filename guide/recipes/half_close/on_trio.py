"""Upper-case what comes and, when the client has said all, tell how much it was: on trio, the end of the loop is its FIN."""

import sys
from contextlib import suppress

import trio


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    with suppress(trio.BrokenResourceError):
        async with stream:
            total = 0
            async for data in stream:
                total += len(data)
                await stream.send_all(data.upper())
            await stream.send_all(b"%d bytes\n" % total)


if __name__ == "__main__":
    try:
        trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except* KeyboardInterrupt:
        pass
