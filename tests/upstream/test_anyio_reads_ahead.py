"""anyio 4.16 on asyncio: a stream from its own listener reads from its socket although nobody receives, without a bound.

`connect_tcp` pauses the transport, an accepted connection's is not paused until its first `receive` has waited. A client that
sends and never reads therefore fills the server's memory. async_models/ground/anyio/peer.py (`Peer.stream`) avoids it where it
can; when the first test fails, anyio has mended it, and the way round can go.

On uvloop there is no way round: a loop that reads before it resumes the task has data for the first `receive`, which need not
wait, and so does not pause. When the second test fails, the exceptions in async_models/anyio/__init__.py can go.
"""

import socket
from contextlib import suppress

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

SENT = 32 * 1024 * 1024  # bytes: far more than the kernel holds for a connection
ENOUGH = 10.0  # seconds without room to send: then somebody holds the client back, as should be


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_what_nobody_receives_is_read_all_the_same() -> None:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, receive_nothing)
        with socket.create_connection(("127.0.0.1", listener.extra(SocketAttribute.local_port))) as client:
            taken = await flood(client)
        group.cancel_scope.cancel()
    assert taken >= SENT, f"after {taken:,} bytes the client was held back"


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})], ids=["uvloop"])
@pytest.mark.anyio
async def test_on_uvloop_even_a_receive_at_once_does_not_hold_the_client_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        client.sendall(b"first")
        connection, _ = listener.accept()
        connection.setblocking(False)
        async with await SocketStream.from_socket(connection) as stream:
            assert await stream.receive() == b"first"
            taken = await flood(client)
    assert taken >= SENT, f"after {taken:,} bytes the client was held back"


async def flood(client: socket.socket) -> int:
    """Send until so much has been taken, or no more for so long; the bytes that were taken."""
    taken = 0
    client.setblocking(False)
    chunk = bytes(1024 * 1024)
    with anyio.move_on_after(ENOUGH) as waiting:
        while taken < SENT:
            await anyio.wait_writable(client)
            with suppress(BlockingIOError):
                taken += client.send(chunk)
            waiting.deadline = anyio.current_time() + ENOUGH
    return taken


async def receive_nothing(stream: SocketStream) -> None:
    async with stream:
        await anyio.sleep_forever()
