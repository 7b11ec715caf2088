"""anyio 4.16 on asyncio: a stream from its own listener reads from its socket although nobody receives, without a bound.

`connect_tcp` pauses the transport, an accepted connection's is not paused until its first `receive` has waited. A client that
sends and never reads therefore fills the server's memory. async_models/ground/anyio.py (`Peer.stream`) avoids it; when this
test fails, anyio has mended it, and the way round can go.
"""

import socket
from contextlib import suppress

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

SENT = 32 * 1024 * 1024  # bytes: far more than the kernel holds for a connection
ENOUGH = 10.0  # seconds without room to send: then somebody holds the client back, as should be


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_what_nobody_receives_is_read_all_the_same() -> None:
    taken = 0
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, receive_nothing)
        with socket.create_connection(("127.0.0.1", listener.extra(SocketAttribute.local_port))) as client:
            client.setblocking(False)
            chunk = bytes(1024 * 1024)
            with anyio.move_on_after(ENOUGH) as waiting:
                while taken < SENT:
                    await anyio.wait_writable(client)
                    with suppress(BlockingIOError):
                        taken += client.send(chunk)
                    waiting.deadline = anyio.current_time() + ENOUGH
        group.cancel_scope.cancel()
    assert taken >= SENT, f"after {taken:,} bytes the client was held back"


async def receive_nothing(stream: SocketStream) -> None:
    async with stream:
        await anyio.sleep_forever()
