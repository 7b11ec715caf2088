"""So many clients, one after the other, then the end."""

import asyncio
import socket
import sys
from typing import Any


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


def serve(count):
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    total = 0

    async def serve_clients() -> None:
        nonlocal total
        for number in range(count):
            reader, writer, _ = await accept_client(listener)
            try:
                if number == 3:
                    writer.close()
                    continue
                data = await reader.read(100)
                total += len(data)
                writer.write(data.upper())
                await writer.drain()
                writer.close()
            finally:
                writer.close()

    asyncio.run(serve_clients())
    listener.close()
    return total


if __name__ == "__main__":
    print(serve(5))
