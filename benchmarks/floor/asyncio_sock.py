"""asyncio's socket calls, as "Working with socket objects directly" in its documentation describes them; it shows no server.

They leave out: a client that resets the connection (it ends the server), running out of descriptors, and the stop.
"""

import asyncio
import socket

from benchmarks.floor import listening, on_asyncio


async def converse(client: socket.socket) -> None:
    while data := await asyncio.get_running_loop().sock_recv(client, 65536):
        await asyncio.get_running_loop().sock_sendall(client, data.upper())
    client.close()


async def serve(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port))
    listener.setblocking(False)
    listening(listener)
    async with asyncio.TaskGroup() as clients:
        while client := (await asyncio.get_running_loop().sock_accept(listener))[0]:
            clients.create_task(converse(client))


on_asyncio(serve)
