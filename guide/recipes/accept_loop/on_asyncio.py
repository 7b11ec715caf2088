"""Serve one client at a time on asyncio: the next is accepted when the one before has left."""

import asyncio
import socket
import sys


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            client, _ = await loop.sock_accept(listener)
            reader, writer = await asyncio.open_connection(sock=client)
            try:
                await converse(reader, writer)
            except OSError as error:
                print(f"lost a client: {error}", file=sys.stderr)
            finally:
                writer.close()


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data.upper())
        await writer.drain()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8080))
