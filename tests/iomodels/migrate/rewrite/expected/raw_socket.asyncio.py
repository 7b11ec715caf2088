"""What never waits is asked of the socket below, in strings as well."""

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
        reader, writer, _ = await accept_client(listener)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        print(f"from {writer.get_extra_info('socket').getpeername()} to {writer.get_extra_info('socket').getsockname()!r}", writer.get_extra_info("socket").fileno())
        print(f"{(await reader.read(100)).decode()}", f'{writer.get_extra_info("socket").getpeername()[0]}')
        writer.write_eof()
        writer.close()


asyncio.run(serve_clients())
