"""An echo server that serves one client after the other."""

import asyncio
import socket
import sys
from typing import Any

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


async def serve_clients() -> None:
    while True:
        reader, writer, address = await accept_client(listener)
        while True:
            data = await reader.read(4096)
            if not data:
                break
            writer.write(data.upper())
            await writer.drain()
        writer.close()


asyncio.run(serve_clients())
