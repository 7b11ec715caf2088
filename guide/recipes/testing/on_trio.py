"""Test a server on trio: most of it over streams in memory, and on a clock that jumps to whatever is waited for."""

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import trio
import trio.testing

IDLE = 30.0  # seconds of silence after which a client is told BYE


async def shout(stream: trio.abc.Stream) -> None:
    with suppress(trio.BrokenResourceError):  # the client has vanished
        async with stream:
            try:
                while True:
                    with trio.fail_after(IDLE):
                        data = await stream.receive_some()
                    if not data:
                        break
                    await stream.send_all(data.upper())
            except trio.TooSlowError:
                await stream.send_all(b"BYE\n")


@asynccontextmanager
async def running() -> AsyncIterator[tuple[str, int]]:
    serve = partial(trio.serve_tcp, shout, 0, host="127.0.0.1")
    with trio.fail_after(10):  # what hangs fails
        async with trio.open_nursery() as handlers, trio.open_nursery() as nursery:  # and what a handler raises
            listeners = await nursery.start(partial(serve, handler_nursery=handlers))  # it listens from here on
            yield listeners[0].socket.getsockname()
            nursery.cancel_scope.cancel()  # the listener alone: whoever is still served is waited for


def vanish(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as client:
        client.sendall(b"hel")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST instead of FIN


async def read_to_end(stream: trio.abc.ReceiveStream) -> bytes:
    return b"".join([data async for data in stream])


def test_what_is_said_comes_back_in_capitals() -> None:
    async def scenario() -> None:
        client, server = trio.testing.memory_stream_pair()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(shout, server)
            for piece in (b"hel", b"lo\n"):
                await client.send_all(piece)
            await client.send_eof()
            assert await read_to_end(client) == b"HELLO\n"

    trio.run(scenario)


def test_who_says_nothing_is_told_bye() -> None:
    async def scenario() -> None:
        client, server = trio.testing.memory_stream_pair()
        async with trio.open_nursery() as nursery:
            began = trio.current_time()
            nursery.start_soon(shout, server)
            assert await read_to_end(client) == b"BYE\n"
            assert trio.current_time() - began == IDLE  # of which nobody has waited a second

    trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))


def test_who_is_silent_or_vanishes_costs_nobody_else() -> None:
    async def scenario() -> None:
        async with running() as address, await trio.open_tcp_stream(*address):
            vanish(address)
            async with await trio.open_tcp_stream(*address) as client:
                await client.send_all(b"hello\n")
                await client.send_eof()
                assert await read_to_end(client) == b"HELLO\n"

    trio.run(scenario)
