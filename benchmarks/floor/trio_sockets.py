"""trio's sockets, as "Low-level networking" in its reference describes them; it shows no server, and recommends streams.

They leave out: what one `send` did not take, a client that resets the connection (it ends the server), and the stop.
"""

import socket

import trio

from benchmarks.floor import listening, on_trio


async def converse(client: trio.socket.SocketType) -> None:
    while data := await client.recv(65536):
        await client.send(data.upper())
    client.close()


async def serve(port: int) -> None:
    listener = trio.socket.from_stdlib_socket(socket.create_server(("127.0.0.1", port)))
    listening(listener)
    async with trio.open_nursery() as clients:
        while client := (await listener.accept())[0]:
            clients.start_soon(converse, client)


on_trio(serve)
