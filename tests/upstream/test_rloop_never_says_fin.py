"""rloop 0.5: once the client has half-closed, a transport that is closed sends no FIN.

The last reply comes, and its end does not: a client that reads to the end waits for ever. When this test fails, rloop has
mended it, and the exceptions for `rloop` in async_models/asyncio/__init__.py can go.
"""

import asyncio
import socket
from typing import cast

import pytest

rloop = pytest.importorskip("rloop")

LONG = 0.5  # seconds: what is sent, is sent in the next turn


class Answer(asyncio.Protocol):
    """Says b"bye" and closes when the client has half-closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)  # by name it is none

    def eof_received(self) -> bool:
        self.transport.write(b"bye")
        self.transport.close()
        return True


def ask(address: tuple[str, int]) -> bool:
    """Half-close, read the answer, and tell whether its end came."""
    with socket.create_connection(address) as client:
        client.settimeout(LONG)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1024) == b"bye"
        try:
            return client.recv(1024) == b""
        except TimeoutError:
            return False


async def fin_comes() -> bool:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answer, "127.0.0.1", 0)
    try:
        return await loop.run_in_executor(None, ask, server.sockets[0].getsockname())
    finally:
        server.close()


def test_asyncio_sends_it_and_rloop_does_not() -> None:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(fin_comes())
    with asyncio.Runner(loop_factory=rloop.new_event_loop) as runner:
        assert not runner.run(fin_comes())
