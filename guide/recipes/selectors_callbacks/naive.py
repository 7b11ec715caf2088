"""Wrong on purpose: the callbacks moved to `add_reader` as they were, and `send` taken at its word."""

import asyncio
import socket
import sys


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    loop.add_reader(listener, accept, loop, listener)
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


def accept(loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
    client, _ = listener.accept()
    client.setblocking(False)
    loop.add_reader(client, shout, loop, client)


def shout(loop: asyncio.AbstractEventLoop, client: socket.socket) -> None:
    data = client.recv(65536)
    if data:
        client.send(data.upper())
    else:
        loop.remove_reader(client)
        client.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
