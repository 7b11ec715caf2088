"""What the concept map says of asyncio, trio and anyio, seen: where they differ from what they replace, and from each other."""

import asyncio
import contextlib
import os
import select
import selectors
import socket
import struct
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio
from anyio.abc import SocketAttribute
from anyio.streams.buffered import BufferedByteReceiveStream

LIMIT = 16  # bytes of a line, where a limit is to be met
SOON = 5.0  # seconds: for what comes at once, and would otherwise never come
MUCH = 4 * 1024 * 1024  # bytes: more than the kernel holds for a connection
both = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])
on_trio = pytest.mark.parametrize("anyio_backend", ["trio"])
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="epoll, and what Linux does at close, are Linux's")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets, non-blocking."""
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        yield near, far


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def connected(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A client of it, and the connection that was accepted."""
    client = socket.create_connection(listener.getsockname())
    return client, listener.accept()[0]


def reset(client: socket.socket) -> None:
    """Close with RST: a time to linger of 0 (socket(7))."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


async def gone_before_it_was_accepted(listener: socket.socket) -> anyio.abc.SocketStream:
    """A stream of anyio whose client has reset the connection."""
    reset(socket.create_connection(listener.getsockname()))
    listener.setblocking(False)
    return await (await anyio.abc.SocketListener.from_socket(listener.dup())).accept()


def trio_stream(sock: socket.socket) -> trio.SocketStream:
    return trio.SocketStream(trio.socket.from_stdlib_socket(sock))


async def readable(sock: socket.socket) -> None:
    await anyio.wait_readable(sock)


@contextlib.asynccontextmanager
async def asyncio_streams(
    sock: socket.socket, **options: Any
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(sock=sock, **options)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def there(far: socket.socket) -> int:
    """How many bytes can be read now."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while data := far.recv(1 << 20):
            count += len(data)
    return count


# Waiting


@on_asyncio
@pytest.mark.anyio
async def test_add_reader_twice_replaces_the_callback(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    loop, called = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(near, pytest.fail, "the first was called")
    loop.add_reader(near, called.set)
    far.send(b"x")
    async with asyncio.timeout(SOON):
        await called.wait()
    assert loop.remove_reader(near)
    assert not loop.remove_reader(near)


@both
@pytest.mark.anyio
async def test_a_second_waiter_is_refused(anyio_backend: str, pair: tuple[socket.socket, socket.socket]) -> None:
    near, _ = pair
    async with anyio.create_task_group() as group:
        group.start_soon(readable, near)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await anyio.wait_readable(near)
        if anyio_backend == "trio":
            with pytest.raises(trio.BusyResourceError):
                await trio.lowlevel.wait_readable(near)
        group.cancel_scope.cancel()


@both
@pytest.mark.anyio
async def test_a_reader_is_called_until_it_is_removed_and_a_waiter_woken_once(
    anyio_backend: str, pair: tuple[socket.socket, socket.socket]
) -> None:
    near, far = pair
    far.send(b"x")
    if anyio_backend == "trio":
        await trio.lowlevel.wait_readable(near)
    else:
        loop, calls = asyncio.get_running_loop(), 0
        thrice = asyncio.Event()

        def called() -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                thrice.set()

        loop.add_reader(near, called)
        async with asyncio.timeout(SOON):
            await thrice.wait()
        loop.remove_reader(near)
    await anyio.wait_readable(near)


@both
@pytest.mark.anyio
async def test_what_is_left_unread_is_reported_again(anyio_backend: str, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    far.send(b"xy")
    for each in (b"x", b"y"):
        with anyio.fail_after(SOON):
            await (trio.lowlevel.wait_readable if anyio_backend == "trio" else anyio.wait_readable)(near)
        assert near.recv(1) == each


@linux
@both
@pytest.mark.anyio
async def test_a_regular_file_is_refused(anyio_backend: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with path.open() as file:
        with pytest.raises(PermissionError):
            await anyio.wait_readable(file)
        if anyio_backend == "trio":
            with pytest.raises(PermissionError):
                await trio.lowlevel.wait_readable(file)
        else:
            with pytest.raises(PermissionError):
                asyncio.get_running_loop().add_reader(file, print)


@both
@pytest.mark.anyio
async def test_a_descriptor_that_is_not_open_is_refused_at_once(
    anyio_backend: str, pair: tuple[socket.socket, socket.socket]
) -> None:
    gone = os.dup(pair[0].fileno())
    os.close(gone)
    with pytest.raises(OSError, match="Bad file descriptor"):
        await anyio.wait_readable(gone)
    if anyio_backend == "trio":
        with pytest.raises(OSError, match="Bad file descriptor"):
            await trio.lowlevel.wait_readable(gone)
    else:
        with pytest.raises(OSError, match="Bad file descriptor"):
            asyncio.get_running_loop().add_reader(gone, print)


@linux
@both
@pytest.mark.anyio
async def test_an_epoll_of_ones_own_can_be_waited_for(listener: socket.socket) -> None:
    client, connection = connected(listener)
    with client, connection, select.epoll() as own:
        own.register(connection, select.EPOLLPRI | select.EPOLLET)
        client.send(b"!", socket.MSG_OOB)
        with anyio.fail_after(SOON):
            await anyio.wait_readable(own.fileno())
        assert own.poll(0) == [(connection.fileno(), select.EPOLLPRI)]


@both
@pytest.mark.anyio
async def test_a_selector_of_ones_own_can_be_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    with selectors.DefaultSelector() as own:
        if not hasattr(own, "fileno"):
            pytest.skip("the selector of this system has no descriptor")
        own.register(near, selectors.EVENT_READ, "data")
        far.send(b"x")
        with anyio.fail_after(SOON):
            await anyio.wait_readable(own.fileno())
        assert [key.data for key, _ in own.select(0)] == ["data"]


@on_asyncio
@pytest.mark.anyio
async def test_a_closed_socket_is_found_all_the_same(pair: tuple[socket.socket, socket.socket]) -> None:
    near, _ = pair
    loop = asyncio.get_running_loop()
    with selectors.DefaultSelector() as classic:
        classic.register(near, selectors.EVENT_READ, "data")
        loop.add_reader(near, print)
        near.close()
        assert classic.unregister(near).data == "data"
    assert loop.remove_reader(near)


@on_asyncio
@pytest.mark.anyio
async def test_a_transports_descriptor_is_refused(pair: tuple[socket.socket, socket.socket]) -> None:
    async with asyncio_streams(pair[0]):
        with pytest.raises(RuntimeError, match="is used by transport"):
            asyncio.get_running_loop().add_reader(pair[0].fileno(), print)


@on_asyncio
@pytest.mark.anyio
async def test_a_second_sock_recv_replaces_the_first(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    loop = asyncio.get_running_loop()
    first = asyncio.create_task(loop.sock_recv(near, 1))
    await asyncio.sleep(0)
    second = asyncio.create_task(loop.sock_recv(near, 1))
    await asyncio.sleep(0)
    far.send(b"x")
    async with asyncio.timeout(SOON):
        assert await second == b"x"
    far.send(b"y")
    assert select.select([near], [], [], SOON)[0]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not first.done()
    first.cancel()


@on_asyncio
@pytest.mark.anyio
async def test_debug_mode_refuses_a_blocking_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[0].setblocking(True)
    asyncio.get_running_loop().set_debug(True)
    with pytest.raises(ValueError, match="must be non-blocking"):
        await asyncio.get_running_loop().sock_recv(pair[0], 1)


def test_a_duplicate_becomes_non_blocking_with_it(pair: tuple[socket.socket, socket.socket]) -> None:
    near, _ = pair
    near.setblocking(True)
    twin = os.dup(near.fileno())
    assert os.get_blocking(twin)
    near.setblocking(False)
    assert not os.get_blocking(twin)
    os.close(twin)


# Receiving, and the end of it


@both
@pytest.mark.anyio
async def test_the_end_of_input_is_nothing_or_an_exception(
    anyio_backend: str, pair: tuple[socket.socket, socket.socket]
) -> None:
    near, far = pair
    far.close()
    if anyio_backend == "trio":
        assert await trio_stream(near.dup()).receive_some() == b""
    else:
        async with asyncio_streams(near.dup()) as (reader, _):
            assert await reader.read(1) == b""
    async with await anyio.abc.SocketStream.from_socket(near) as stream:
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        assert [data async for data in stream] == []


@both
@pytest.mark.anyio
async def test_recv_into_counts_nothing_at_the_end(anyio_backend: str, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    far.close()
    buffer = bytearray(1)
    if anyio_backend == "trio":
        assert await trio.socket.from_stdlib_socket(near).recv_into(buffer) == 0
    else:
        assert await asyncio.get_running_loop().sock_recv_into(near, buffer) == 0


@on_asyncio
@pytest.mark.parametrize("keeps_open", [None, True])
@pytest.mark.anyio
async def test_a_protocol_is_closed_at_the_end_of_input_unless_it_says_no(
    pair: tuple[socket.socket, socket.socket], keeps_open: bool | None
) -> None:
    near, far = pair
    lost, ended = asyncio.Event(), asyncio.Event()

    class Listens(asyncio.Protocol):
        def eof_received(self) -> bool | None:
            ended.set()
            return keeps_open

        def connection_lost(self, _: Exception | None) -> None:
            lost.set()

    transport, _ = await asyncio.get_running_loop().create_connection(Listens, sock=near)
    far.shutdown(socket.SHUT_WR)
    async with asyncio.timeout(SOON):
        await ended.wait()
    assert transport.is_closing() is not bool(keeps_open)
    transport.abort()
    async with asyncio.timeout(SOON):
        await lost.wait()


@both
@pytest.mark.anyio
async def test_a_reset_is_an_oserror_on_asyncio_alone(anyio_backend: str, listener: socket.socket) -> None:
    client, connection = connected(listener)
    with connection:
        connection.setblocking(False)
        reset(client)
        if anyio_backend == "trio":
            with pytest.raises(trio.BrokenResourceError) as raised:
                await trio_stream(connection).receive_some()
            assert not isinstance(raised.value, OSError)
            assert isinstance(raised.value.__cause__, ConnectionResetError)
            return
        with pytest.raises(ConnectionResetError):
            async with asyncio_streams(connection) as (reader, _):
                await reader.read(1)
    async with await gone_before_it_was_accepted(listener) as stream:
        with pytest.raises(anyio.BrokenResourceError) as broken:
            await stream.receive()
        assert not isinstance(broken.value, OSError)


@both
@pytest.mark.anyio
async def test_who_has_reset_has_no_address(anyio_backend: str, listener: socket.socket) -> None:
    if anyio_backend == "trio":
        client, connection = connected(listener)
        reset(client)
        async with trio_stream(connection) as own:
            with pytest.raises(OSError, match="not connected"):
                own.socket.getpeername()
    async with await gone_before_it_was_accepted(listener) as stream:
        with pytest.raises(anyio.TypedAttributeLookupError):
            stream.extra(SocketAttribute.remote_address)


@on_asyncio
@pytest.mark.anyio
async def test_a_line_beyond_the_limit_is_dropped_by_readline_and_kept_by_readuntil(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    near, far = pair
    async with asyncio_streams(near, limit=LIMIT) as (reader, _):
        far.send(b"x" * 2 * LIMIT)
        with pytest.raises(asyncio.LimitOverrunError):
            await reader.readuntil(b"\n")
        assert await reader.readexactly(LIMIT) == b"x" * LIMIT
        far.send(b"y" * LIMIT)
        with pytest.raises(ValueError, match="limit"):
            await reader.readline()
        far.send(b"next\n")
        assert await reader.readline() == b"next\n"


@both
@pytest.mark.anyio
async def test_the_delimiter_is_part_of_what_readuntil_returns_and_not_of_receive_until(
    anyio_backend: str, pair: tuple[socket.socket, socket.socket]
) -> None:
    near, far = pair
    far.send(b"a\nb\n")
    if anyio_backend == "asyncio":
        async with asyncio_streams(near.dup()) as (reader, _):
            assert await reader.readuntil(b"\n") == b"a\n"
        far.send(b"b\n")
    stream = BufferedByteReceiveStream(await anyio.abc.SocketStream.from_socket(near))
    assert await stream.receive_until(b"\n", LIMIT) in (b"a", b"b")
    far.send(b"x" * 2 * LIMIT)
    if anyio_backend == "trio":
        assert await stream.receive_until(b"\n", LIMIT) == b"b"
    with pytest.raises(anyio.DelimiterNotFound):
        await stream.receive_until(b"\n", LIMIT)
    assert stream.buffer.startswith(b"x" * LIMIT)
    await stream.aclose()


@both
@pytest.mark.anyio
async def test_an_unfinished_last_line_is_not_lost(anyio_backend: str, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    far.send(b"rest")
    far.shutdown(socket.SHUT_WR)
    if anyio_backend == "trio":
        stream = BufferedByteReceiveStream(await anyio.abc.SocketStream.from_socket(near))
        with pytest.raises(anyio.IncompleteRead):
            await stream.receive_until(b"\n", LIMIT)
        assert stream.buffer == b"rest"
        await stream.aclose()
    else:
        async with asyncio_streams(near) as (reader, _):
            with pytest.raises(asyncio.IncompleteReadError) as raised:
                await reader.readuntil(b"\n")
            assert raised.value.partial == b"rest"


@both
@pytest.mark.anyio
async def test_a_read_that_timed_out_can_be_made_again(anyio_backend: str, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    far.send(b"half")
    if anyio_backend == "trio":
        buffered = BufferedByteReceiveStream(await anyio.abc.SocketStream.from_socket(near))
        with anyio.move_on_after(0.01) as scope:
            await buffered.receive_exactly(8)
        assert scope.cancelled_caught
        far.send(b"half")
        assert await buffered.receive_exactly(8) == b"halfhalf"
        await buffered.aclose()
    else:
        async with asyncio_streams(near) as (reader, _):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readexactly(8), 0.01)
            far.send(b"half")
            assert await reader.readexactly(8) == b"halfhalf"


def test_a_file_that_timed_out_cannot() -> None:
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(0.01)
        file = near.makefile("rb")
        with pytest.raises(TimeoutError):
            file.read(1)
        with pytest.raises(OSError, match="timed out object"):
            file.read(1)


# Sending


@on_asyncio
@pytest.mark.anyio
async def test_write_without_drain_grows(pair: tuple[socket.socket, socket.socket]) -> None:
    async with asyncio_streams(pair[0]) as (_, writer):
        for _ in range(64):
            writer.write(bytes(65536))
        assert isinstance(writer.transport, asyncio.WriteTransport)
        assert writer.transport.get_write_buffer_size() > MUCH - (1 << 20)


@both
@pytest.mark.anyio
async def test_two_senders_are_refused(anyio_backend: str, pair: tuple[socket.socket, socket.socket]) -> None:
    near, _ = pair
    async with await anyio.abc.SocketStream.from_socket(near) as stream, anyio.create_task_group() as group:
        group.start_soon(stream.send, bytes(MUCH))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await stream.send(b"x")
        group.cancel_scope.cancel()
    if anyio_backend == "trio":
        one, _other = socket.socketpair()
        async with trio_stream(one) as own, trio.open_nursery() as nursery:
            nursery.start_soon(own.send_all, bytes(MUCH))
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(trio.BusyResourceError):
                await own.send_all(b"x")
            nursery.cancel_scope.cancel()


@both
@pytest.mark.anyio
async def test_what_a_cancelled_send_leaves_behind(anyio_backend: str, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    async with await anyio.abc.SocketStream.from_socket(near) as stream:
        with anyio.move_on_after(0.01) as scope:
            await stream.send(bytes(MUCH))
        assert scope.cancelled_caught
        came = there(far)
        assert came < MUCH
        if anyio_backend == "asyncio":
            with anyio.fail_after(SOON):
                while came < MUCH:
                    await anyio.wait_readable(far)
                    came += there(far)
        else:
            await anyio.wait_all_tasks_blocked()
            assert there(far) == 0


# Ending


@linux
def test_closing_with_linger_blocks_even_a_non_blocking_socket(listener: socket.socket) -> None:
    client, connection = connected(listener)
    with connection:
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                client.send(bytes(65536))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1))
        begun = time.monotonic()
        client.close()
        assert time.monotonic() - begun > 0.5


@both
@pytest.mark.anyio
async def test_closing_wakes_who_waits_in_trio_and_anyio(anyio_backend: str, pair: tuple[socket.socket, socket.socket]) -> None:
    near, _ = pair
    stream: Any = await anyio.abc.SocketStream.from_socket(near)
    errors: list[type[Exception]] = [anyio.ClosedResourceError]
    receive: Callable[[], Awaitable[bytes]] = stream.receive
    if anyio_backend == "trio":
        errors.append(trio.ClosedResourceError)
    woken = anyio.Event()

    async def wait() -> None:
        with pytest.raises(tuple(errors)):
            await receive()
        woken.set()

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await stream.aclose()
        with anyio.fail_after(SOON):
            await woken.wait()


# Errors, timeouts, cancellation


@both
@pytest.mark.anyio
async def test_a_refusal_has_another_type(anyio_backend: str, listener: socket.socket) -> None:
    address = listener.getsockname()
    listener.close()
    with pytest.raises(OSError, match="All connection attempts failed") as raised:
        await anyio.connect_tcp(*address)
    assert not isinstance(raised.value, ConnectionRefusedError)
    if anyio_backend == "trio":
        with pytest.raises(OSError, match="all attempts to connect") as raised:
            await trio.open_tcp_stream(*address)
        assert not isinstance(raised.value, ConnectionRefusedError)
    else:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)


def test_the_timeout_of_create_connection_stays_on_the_socket(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname(), timeout=SOON) as client:
        assert client.gettimeout() == SOON


@both
@pytest.mark.anyio
async def test_a_scope_limits_all_that_is_inside_it(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    async with await anyio.abc.SocketStream.from_socket(near) as stream:
        with anyio.move_on_after(0.05) as scope:
            while True:  # each receive has something at once: a limit for each would never be reached
                far.send(b"x")
                await stream.receive()
    assert scope.cancelled_caught


@both
@pytest.mark.anyio
async def test_too_slow_is_no_timeout_error_in_trio_alone(anyio_backend: str) -> None:
    with pytest.raises(TimeoutError), anyio.fail_after(0):
        await anyio.sleep_forever()
    if anyio_backend == "trio":
        with pytest.raises(trio.TooSlowError) as raised, trio.fail_after(0):
            await trio.sleep_forever()
        assert not isinstance(raised.value, TimeoutError)
    else:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await asyncio.sleep(SOON)


def test_cancellation_is_an_edge_in_asyncio_and_a_level_in_trio_and_anyio() -> None:
    async def edge() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(SOON)
        await asyncio.sleep(0)
        return "went on"

    async def cancelled_once() -> str:
        task = asyncio.create_task(edge())
        await asyncio.sleep(0)
        task.cancel()
        return await task

    async def level() -> int:
        times = 0
        with anyio.CancelScope() as scope:
            scope.cancel()
            for _ in range(3):
                try:
                    await anyio.sleep(SOON)
                except anyio.get_cancelled_exc_class():
                    times += 1
        return times

    assert asyncio.run(cancelled_once()) == "went on"
    for backend in ("asyncio", "trio"):
        assert anyio.run(level, backend=backend) == 3


@both
@pytest.mark.anyio
async def test_a_handler_that_raises_ends_the_server_on_trio_and_anyio(anyio_backend: str) -> None:
    async def raises(*_: object) -> None:
        raise RuntimeError("a bug in the handler")

    with pytest.RaisesGroup(RuntimeError, flatten_subgroups=True):
        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listening, anyio.create_task_group() as group:
            group.start_soon(listening.serve, raises)
            await anyio.connect_tcp("127.0.0.1", listening.extra(SocketAttribute.local_port))
            await anyio.sleep(SOON)
    if anyio_backend == "trio":
        with pytest.RaisesGroup(RuntimeError, flatten_subgroups=True):
            async with trio.open_nursery() as nursery:
                [one] = await nursery.start(lambda **status: trio.serve_tcp(raises, 0, host="127.0.0.1", **status))
                await trio.open_tcp_stream(*one.socket.getsockname())
                await trio.sleep(SOON)
    else:
        told = asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(lambda *_: told.set())
        async with await asyncio.start_server(raises, "127.0.0.1", 0) as server:
            address = server.sockets[0].getsockname()
            for _ in range(2):  # the second is served by a server that goes on
                told.clear()
                reader, writer = await asyncio.open_connection(*address)
                assert await asyncio.wait_for(reader.read(), SOON) == b""
                await asyncio.wait_for(told.wait(), SOON)
                writer.close()


# Options, addresses, datagrams


@both
@pytest.mark.anyio
async def test_nagle_is_off_on_every_stream(anyio_backend: str, listener: socket.socket) -> None:
    address = listener.getsockname()

    def off(sock: Any) -> bool:
        return bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async with await anyio.connect_tcp(*address) as stream:
        assert off(stream.extra(SocketAttribute.raw_socket))
    if anyio_backend == "trio":
        async with await trio.open_tcp_stream(*address) as own:
            assert off(own.socket)
    else:
        _, writer = await asyncio.open_connection(*address)
        assert off(writer.get_extra_info("socket"))
        writer.close()
    with socket.create_connection(address) as classic:
        assert not off(classic)


@both
@pytest.mark.anyio
async def test_addresses_are_the_same_everywhere(anyio_backend: str) -> None:
    classic = {each[4][0] for each in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)}
    assert {each[4][0] for each in await anyio.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)} == classic
    if anyio_backend == "trio":
        found = await trio.socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
    else:
        found = await asyncio.get_running_loop().getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
    assert {each[4][0] for each in found} == classic


@pytest.mark.parametrize("name", ["htonl", "htons", "ntohs", "inet_aton", "inet_ntop", "gethostname", "if_nametoindex"])
def test_what_does_not_wait_is_handed_on_by_trio_as_it_is(name: str) -> None:
    assert getattr(trio.socket, name) is getattr(socket, name)


@contextlib.asynccontextmanager
async def datagrams() -> AsyncIterator[tuple[anyio.abc.UDPSocket, socket.socket]]:
    """A socket of anyio, and a classic one that sends to it."""
    async with await anyio.create_udp_socket(local_host="127.0.0.1") as udp:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(udp.extra(SocketAttribute.local_address))
            yield udp, sender


@both
@pytest.mark.anyio
async def test_an_empty_datagram_is_a_datagram() -> None:
    async with datagrams() as (udp, sender):
        sender.send(b"")
        sender.send(b"more")
        with anyio.fail_after(SOON):
            assert [(await udp.receive())[0] for _ in range(2)] == [b"", b"more"]


@both
@pytest.mark.anyio
async def test_a_large_datagram_is_not_cut_off() -> None:
    async with datagrams() as (udp, sender):
        sender.send(bytes(40_000))
        with anyio.fail_after(SOON):
            assert len((await udp.receive())[0]) == 40_000


@both
@pytest.mark.anyio
async def test_datagrams_are_handled_in_the_order_in_which_they_came() -> None:
    async with datagrams() as (udp, sender):
        for number in range(50):
            sender.send(bytes([number]))
        with anyio.fail_after(SOON):
            assert [(await udp.receive())[0][0] for _ in range(50)] == list(range(50))
