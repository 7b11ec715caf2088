"""An echo server that serves one client after the other."""

import socket
import sys
from typing import Any

import trio

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return trio.SocketStream(client), address


async def serve_clients() -> None:
    while True:
        client, address = await accept_client(listener)
        while True:
            data = await client.receive_some(4096)
            if not data:
                break
            await client.send_all(data.upper())
        await client.aclose()


trio.run(serve_clients)
