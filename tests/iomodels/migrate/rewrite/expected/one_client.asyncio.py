# echo-server.py

import asyncio
import contextlib
import socket
import sys
from typing import Any

HOST = "127.0.0.1"  # Standard loopback interface address (localhost)
PORT = int(sys.argv[1])


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.bind((HOST, PORT))
    s.listen()

    async def serve_client() -> None:
        reader, writer, addr = await accept_client(s)
        with contextlib.closing(writer):
            print(f"Connected by {addr}")
            while True:
                data = await reader.read(1024)
                if not data:
                    break
                writer.write(data.upper())
                await writer.drain()

    asyncio.run(serve_client())
