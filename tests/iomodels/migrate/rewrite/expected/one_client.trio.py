# echo-server.py

import socket
import sys
from typing import Any

import trio

HOST = "127.0.0.1"  # Standard loopback interface address (localhost)
PORT = int(sys.argv[1])


async def accept_client(listener: Any) -> tuple[trio.SocketStream, Any]:
    """Wait for a client; its stream, and its address."""
    client, address = await trio.socket.from_stdlib_socket(listener).accept()
    return trio.SocketStream(client), address


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.bind((HOST, PORT))
    s.listen()

    async def serve_client() -> None:
        conn, addr = await accept_client(s)
        async with conn:
            print(f"Connected by {addr}")
            while True:
                data = await conn.receive_some(1024)
                if not data:
                    break
                await conn.send_all(data.upper())

    trio.run(serve_client)
