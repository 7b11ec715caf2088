import asyncio
import socket
import sys
from typing import Any

HOST = "127.0.0.1"
count = 0


async def accept_client(listener: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, Any]:
    """Wait for a client; its streams, and its address."""
    listener.setblocking(False)
    client, address = await asyncio.get_running_loop().sock_accept(listener)
    reader, writer = await asyncio.open_connection(sock=client)
    writer.transport.set_write_buffer_limits(0)  # drain waits as sendall did: until the kernel has all of it
    return reader, writer, address


async def talk(reader, writer):
    while data := await reader.read(65536):
        writer.write(data.upper())
        await writer.drain()


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((HOST, int(sys.argv[1])))
s.listen(5)


async def serve_clients() -> None:
    global count
    while 1:
        reader, writer, a = await accept_client(s)
        count += 1
        print("client", count, a)
        try:
            await talk(reader, writer)
        except socket.error as e:
            print("lost", e)
        writer.close()


asyncio.run(serve_clients())
