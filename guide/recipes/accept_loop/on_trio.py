"""Serve one client at a time on trio: the next is accepted when the one before has left."""

import sys

import trio


async def main(port: int) -> None:
    [listener] = await trio.open_tcp_listeners(port, host="127.0.0.1")
    async with listener:
        print(f"listening on 127.0.0.1:{listener.socket.getsockname()[1]}", flush=True)
        while True:
            stream = await listener.accept()
            async with stream:
                try:
                    await converse(stream)
                except trio.BrokenResourceError as error:
                    print(f"lost a client: {error}", file=sys.stderr)


async def converse(stream: trio.SocketStream) -> None:
    async for data in stream:
        await stream.send_all(data.upper())


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
