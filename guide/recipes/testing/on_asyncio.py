"""Test a server on asyncio: test and server share a loop, which unittest makes anew for each test."""

import asyncio
import socket
import struct
import unittest
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

IDLE = 30.0  # seconds of silence after which a client is told BYE


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: float = IDLE) -> None:
    try:
        while True:
            async with asyncio.timeout(idle):
                data = await reader.read(65536)
            if not data:
                break
            writer.write(data.upper())
            await writer.drain()
    except TimeoutError:
        writer.write(b"BYE\n")
    except ConnectionError:
        pass  # the client has vanished
    finally:
        writer.close()


@asynccontextmanager
async def running(idle: float = IDLE) -> AsyncIterator[tuple[str, int]]:
    def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.create_task(shout(reader, writer, idle))  # else the loop would log what it raises, and no more

    async with (
        asyncio.timeout(10),  # what hangs fails
        asyncio.TaskGroup() as handlers,  # and what a handler raises
        await asyncio.start_server(attend, "127.0.0.1", 0) as server,  # it listens from here on
    ):
        yield server.sockets[0].getsockname()


def vanish(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as client:
        client.sendall(b"hel")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST instead of FIN


class ShoutTest(unittest.IsolatedAsyncioTestCase):
    async def test_what_is_said_comes_back_in_capitals(self) -> None:
        async with running() as address:
            reader, writer = await asyncio.open_connection(*address)
            for piece in (b"hel", b"lo\n"):
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
            assert await reader.read() == b"HELLO\n"
            writer.close()

    async def test_who_says_nothing_is_told_bye(self) -> None:
        async with running(idle=0.05) as address:
            reader, writer = await asyncio.open_connection(*address)
            assert await reader.read() == b"BYE\n"
            writer.close()

    async def test_who_is_silent_or_vanishes_costs_nobody_else(self) -> None:
        async with running() as address:
            _, silent = await asyncio.open_connection(*address)
            vanish(address)
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"hello\n")
            assert await reader.readline() == b"HELLO\n"
            writer.close()
            silent.close()
