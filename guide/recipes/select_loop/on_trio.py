"""Serve many clients in one thread on trio: a task for each, and `send_all` waits until it has taken what it is owed."""

import sys

import trio


async def main(port: int) -> None:
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    print(f"listening on 127.0.0.1:{listeners[0].socket.getsockname()[1]}", flush=True)
    await trio.serve_listeners(attend, listeners)


async def attend(stream: trio.SocketStream) -> None:
    try:
        async with stream:
            await converse(stream)
    except trio.BrokenResourceError as error:
        print(f"lost a client: {error}", file=sys.stderr)


async def converse(stream: trio.SocketStream) -> None:
    async for data in stream:
        await stream.send_all(data.upper())


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
