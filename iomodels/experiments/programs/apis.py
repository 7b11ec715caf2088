"""Upper-case what comes, with one of asyncio's three ways to a socket, on one of two loops: `apis API LOOP`.

streams, protocol and sock (`loop.sock_recv`, `loop.sock_sendall`), as asyncio's documentation has them; on asyncio's own loop
or on uvloop. No backpressure in the protocol, no limit of clients, and whatever stops it cuts replies short.
"""

import asyncio
import socket
import sys
from typing import cast

CHUNK = 64 * 1024


async def by_streams(listener: socket.socket) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            writer.write(data.upper())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(converse, sock=listener)
    await server.serve_forever()


class Channel(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.write = cast("asyncio.WriteTransport", transport).write  # not every loop's is a subclass

    def data_received(self, data: bytes) -> None:
        self.write(data.upper())


async def by_protocol(listener: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(Channel, sock=listener)
    await server.serve_forever()


async def by_sock(listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()

    async def converse(client: socket.socket) -> None:
        with client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as the transports of the other two do
            while data := await loop.sock_recv(client, CHUNK):
                await loop.sock_sendall(client, data.upper())

    async with asyncio.TaskGroup() as clients:
        while True:
            client, _ = await loop.sock_accept(listener)
            clients.create_task(converse(client))


def new_loop(name: str) -> asyncio.AbstractEventLoop:
    if name == "asyncio":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


serve = {"streams": by_streams, "protocol": by_protocol, "sock": by_sock}[sys.argv[1]]
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
listener.setblocking(False)
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
with asyncio.Runner(loop_factory=lambda: new_loop(sys.argv[2])) as runner:
    runner.run(serve(listener))
