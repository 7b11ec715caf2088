"""Serve one client at a time on anyio: the next is accepted when the one before has left."""

import socket
import sys

import anyio
from anyio.abc import SocketAttribute, SocketListener, SocketStream


async def main(port: int) -> None:
    async with await SocketListener.from_socket(socket.create_server(("127.0.0.1", port))) as listener:
        print(f"listening on 127.0.0.1:{listener.extra(SocketAttribute.local_port)}", flush=True)
        while True:
            stream = await listener.accept()
            async with stream:
                try:
                    await converse(stream)
                except anyio.BrokenResourceError as error:
                    print(f"lost a client: {error.__cause__ or error}", file=sys.stderr)


async def converse(stream: SocketStream) -> None:
    async for data in stream:
        await stream.send(data.upper())


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 8080)
