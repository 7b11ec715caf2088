"""Test a server on anyio: its pytest plugin, which comes with anyio, runs each test on asyncio and on trio."""

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

pytestmark = pytest.mark.anyio

IDLE = 30.0  # seconds of silence after which a client is told BYE


async def shout(stream: ByteStream, idle: float = IDLE) -> None:
    with suppress(anyio.BrokenResourceError):  # the client has vanished
        async with stream:
            try:
                while True:
                    with anyio.fail_after(idle):
                        data = await stream.receive()
                    await stream.send(data.upper())
            except anyio.EndOfStream:
                pass
            except TimeoutError:
                await stream.send(b"BYE\n")


@asynccontextmanager
async def running(idle: float = IDLE) -> AsyncIterator[tuple[str, int]]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")  # it listens from here on
    with anyio.fail_after(10):  # what hangs fails
        async with listener, anyio.create_task_group() as handlers, anyio.create_task_group() as group:  # and what they raise
            group.start_soon(listener.serve, partial(shout, idle=idle), handlers)
            yield "127.0.0.1", listener.extra(SocketAttribute.local_port)
            group.cancel_scope.cancel()  # the listener alone: whoever is still served is waited for


def vanish(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as client:
        client.sendall(b"hel")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST instead of FIN


async def read_to_end(stream: ByteStream) -> bytes:
    return b"".join([data async for data in stream])


async def test_what_is_said_comes_back_in_capitals() -> None:
    async with running() as address, await anyio.connect_tcp(*address) as client:
        for piece in (b"hel", b"lo\n"):
            await client.send(piece)
        await client.send_eof()
        assert await read_to_end(client) == b"HELLO\n"


async def test_who_says_nothing_is_told_bye() -> None:
    async with running(idle=0.05) as address, await anyio.connect_tcp(*address) as client:
        assert await read_to_end(client) == b"BYE\n"


async def test_who_is_silent_or_vanishes_costs_nobody_else() -> None:
    async with running() as address, await anyio.connect_tcp(*address):
        vanish(address)
        async with await anyio.connect_tcp(*address) as client:
            await client.send(b"hello\n")
            await client.send_eof()
            assert await read_to_end(client) == b"HELLO\n"
