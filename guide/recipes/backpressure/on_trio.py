"""Upper-case what comes, on trio: `send_all` waits until the kernel has taken it, and meanwhile nothing is read."""

import sys
from contextlib import suppress

import trio

CHUNK = 64 * 1024


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    async with stream:
        with suppress(trio.BrokenResourceError):
            while data := await stream.receive_some(CHUNK):
                await stream.send_all(data.upper())


if __name__ == "__main__":
    try:
        trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
    except* KeyboardInterrupt:
        pass
