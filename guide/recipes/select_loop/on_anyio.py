"""Serve many clients in one thread on anyio: a task for each, and `send` waits until it has taken what it is owed."""

import sys

import anyio
from anyio.abc import SocketAttribute, SocketStream


async def main(port: int) -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
    await listener.serve(attend)


async def attend(stream: SocketStream) -> None:
    try:
        async with stream:
            await converse(stream)
    except anyio.BrokenResourceError as error:
        print(f"lost a client: {error.__cause__ or error}", file=sys.stderr)


async def converse(stream: SocketStream) -> None:
    async for data in stream:
        await stream.send(data.upper())


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
