"""uvloop 0.23: a reader whose socket is reset while there is still data to read is called once, and never again.

libuv stops polling a descriptor at its first error (uv__poll_io, POLLERR), and uvloop does not begin anew. Who then reads the
data, and waits for what comes next, waits for ever, and keeps the descriptor. asyncio calls again. When this test fails, uvloop
has mended it, and the exceptions for `uvloop` in async_models/asyncio/__init__.py can go.
"""

import asyncio
import socket
import struct
from contextlib import suppress

import pytest

uvloop = pytest.importorskip("uvloop")

LONG = 0.5  # seconds: what is called, is called in the next turn


async def was_told_of_the_reset() -> bool:
    """Whether a reader that has read what came before a reset is called once more."""
    told = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        connection, _ = listener.accept()
        connection.setblocking(False)

        def read() -> None:
            try:
                connection.recv(1024)
            except ConnectionResetError:
                told.set()

        with connection:
            client.sendall(b"x")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            asyncio.get_running_loop().add_reader(connection.fileno(), read)
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), LONG)
            asyncio.get_running_loop().remove_reader(connection.fileno())
    return told.is_set()


def test_asyncio_calls_again_and_uvloop_does_not() -> None:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(was_told_of_the_reset())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert not runner.run(was_told_of_the_reset())
