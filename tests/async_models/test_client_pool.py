"""The pools: what they owe on every library. The programs are tested with the classic one, in tests/models."""

import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import anyio
import anyio.lowlevel
import pytest

from async_models.ground.pooled import Connection
from iomodels.contract.server import Launch, free_port
from models.ground.dial import ConnectError
from tests.async_models.conftest import Library
from tests.models.ground.meeting import PATIENCE, ROOT, end_of, receive, reset, until

SYN_SENT = "02"  # of a TCP socket that is connecting, in /proc/net/tcp

pytestmark = pytest.mark.anyio


class Pool(Protocol):
    """What the three have in common."""

    opened: int

    def acquire(self) -> AbstractAsyncContextManager[Connection[Any]]: ...

    def close(self) -> None: ...

    async def __aenter__(self) -> "Pool": ...

    async def __aexit__(self, *_: object) -> None: ...


PoolType = Callable[..., Pool]


@pytest.fixture
def pool_type(library: Library) -> PoolType:
    found: PoolType = library.model("client_pool").Pool
    return found


class Server:
    """A server in the test's own hands. Nothing in here waits long: what is received has been sent already."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.address: tuple[str, int] = self.listener.getsockname()

    def accept(self) -> socket.socket:
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        return connection


@pytest.fixture
def server() -> Iterator[Server]:
    here = Server()
    with here.listener:
        yield here


async def ask(pool: Pool, far: socket.socket, reply: bytes = b"YES\n") -> bytes:
    async with pool.acquire() as connection:
        far.sendall(reply)
        said = await connection.ask(b"well?\n")
    assert receive(far, 6) == b"well?\n"
    return said


async def opened(pool: Pool, server: Server) -> socket.socket:
    """Have the pool open a connection and keep it; the server's end."""
    async with pool.acquire():
        return server.accept()


@asynccontextmanager
async def asking(pool: Pool, far: socket.socket) -> AsyncIterator[None]:
    """Within, a task has asked and waits for the reply; at the end it is cancelled."""

    async def ask_in_vain() -> None:
        async with pool.acquire() as connection:
            await connection.ask(b"well?\n")

    async with anyio.create_task_group() as group:
        group.start_soon(ask_in_vain)
        await anyio.wait_all_tasks_blocked()
        assert receive(far, 6) == b"well?\n"
        yield
        group.cancel_scope.cancel()


async def test_a_connection_is_used_again(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 4) as pool:
        with await opened(pool, server) as far:
            assert [await ask(pool, far) for _ in range(3)] == [b"YES\n"] * 3
            assert pool.opened == 1


async def test_the_freshest_is_lent_first(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 2) as pool:
        async with pool.acquire() as first, pool.acquire() as second:  # which comes back before the first
            assert first is not second
        async with pool.acquire() as again:
            assert again is first


async def test_a_task_may_borrow_two(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 2) as pool, pool.acquire(), pool.acquire():
        assert pool.opened == 2


async def test_who_finds_none_free_waits_for_it_and_no_longer_than_the_timeout(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 1, timeout=0.3) as pool:
        async with pool.acquire():
            with (
                anyio.fail_after(PATIENCE),
                pytest.raises(TimeoutError, match=r"^none of 1 connections came free within 0\.3 s$"),
            ):
                await pool.acquire().__aenter__()
        async with pool.acquire():
            pass


async def test_who_waits_gets_the_connection_that_comes_back(pool_type: PoolType, server: Server) -> None:
    lent: list[Connection[Any]] = []

    async def wait() -> None:
        async with pool.acquire() as connection:
            lent.append(connection)

    async with pool_type(server.address, 1) as pool, anyio.create_task_group() as group, pool.acquire() as first:
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        assert lent == []
    assert lent == [first]
    assert pool.opened == 1


async def test_who_is_cancelled_while_he_waits_takes_no_place(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 1) as pool:
        async with pool.acquire() as first, anyio.create_task_group() as group:
            group.start_soon(pool.acquire().__aenter__)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        async with pool.acquire() as again:
            assert again is first


async def test_who_is_cancelled_while_he_is_connected_takes_no_place(pool_type: PoolType) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        async with pool_type(listener.getsockname(), 1) as pool:
            with socket.create_connection(listener.getsockname()):  # the backlog is full now
                async with anyio.create_task_group() as group:
                    group.start_soon(pool.acquire().__aenter__)
                    with anyio.fail_after(PATIENCE):
                        while f":{listener.getsockname()[1]:04X} {SYN_SENT} " not in Path("/proc/net/tcp").read_text():
                            await anyio.sleep(0.002)
                    group.cancel_scope.cancel()
            listener.accept()[0].close()
            async with pool.acquire():
                assert pool.opened == 1


@pytest.mark.parametrize("ending", [socket.socket.close, reset])
async def test_one_that_the_server_has_ended_meanwhile_is_not_lent(
    pool_type: PoolType, server: Server, ending: Callable[[socket.socket], None]
) -> None:
    async with pool_type(server.address, 1) as pool:
        async with pool.acquire() as connection:
            far = server.accept()
        ending(far)
        until(lambda: not connection.is_quiet(), "its end does not arrive")
        async with pool.acquire() as another:
            assert another is not connection
        assert pool.opened == 2
        assert connection.socket.fileno() == -1


async def test_one_with_bytes_that_nobody_asked_for_is_not_lent(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 1) as pool:
        with await opened(pool, server) as far:
            assert await ask(pool, far) == b"YES\n"
            far.sendall(b"BYE\n")
            for _ in range(10):  # a loop that reads ahead would have read it by now, and the kernel be quiet again
                await anyio.lowlevel.checkpoint()
            async with pool.acquire() as connection:
                with server.accept() as fresh:
                    fresh.sendall(b"YES\n")
                    assert await connection.ask(b"well?\n") == b"YES\n"
            with pytest.raises(ConnectionResetError):  # closed with something unread (RFC 9293, 3.6.1; RFC 1122, 4.2.2.13)
                far.recv(1)
            assert pool.opened == 2


async def test_one_with_more_than_the_reply_is_closed(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 1) as pool:
        for reply in (b"YES\nand", b"YES\nNO\n"):
            with await opened(pool, server) as far:
                assert await ask(pool, far, reply) == reply
                assert far.recv(1) == b""
        assert pool.opened == 2


async def test_one_that_is_cancelled_in_mid_reply_is_closed(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 1) as pool:
        with await opened(pool, server) as far:
            async with asking(pool, far):
                far.sendall(b"YE")
            with suppress(ConnectionResetError):  # what came was still unread
                assert far.recv(1) == b""
        async with pool.acquire() as connection:
            assert connection.whole
        assert pool.opened == 2


async def test_one_that_was_left_in_mid_request_is_closed_although_nothing_was_raised_to_the_end(
    pool_type: PoolType, server: Server
) -> None:
    async with pool_type(server.address, 1) as pool:
        with await opened(pool, server) as far:
            async with pool.acquire() as connection:
                with anyio.move_on_after(0.01):
                    await connection.ask(b"well?\n")
            assert end_of(far) == b"well?\n"


async def test_one_whose_server_ends_in_mid_reply_is_closed(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 1) as pool:
        with await opened(pool, server) as far:
            far.sendall(b"YE")
            far.shutdown(socket.SHUT_WR)
            async with pool.acquire() as fresh:  # it is not quiet: another is opened
                server.accept().close()
                with pytest.raises(ConnectionResetError, match=r"^it ended before its reply did$"):
                    await fresh.ask(b"well?\n")
        assert fresh.socket.fileno() == -1


async def test_one_whose_borrower_failed_after_the_whole_reply_is_kept(pool_type: PoolType, server: Server) -> None:
    async def fail() -> None:
        async with pool.acquire() as connection:
            far.sendall(b"YES\n")
            await connection.ask(b"well?\n")
            _ = 1 / 0

    async with pool_type(server.address, 1) as pool:
        with await opened(pool, server) as far:
            with pytest.raises(ZeroDivisionError):
                await fail()
            assert receive(far, 6) == b"well?\n"
            assert await ask(pool, far) == b"YES\n"
            assert pool.opened == 1


async def test_one_that_lay_idle_too_long_is_closed(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 1, idle=-1.0) as pool:
        with await opened(pool, server) as far:
            assert far.recv(1) == b""


async def test_a_connection_that_cannot_be_opened_takes_no_place(pool_type: PoolType) -> None:
    port = free_port()
    async with pool_type(("127.0.0.1", port), 1) as pool:
        for _ in range(3):
            with pytest.raises(ConnectError, match=f"^cannot connect to 127.0.0.1:{port}: Connection refused$"):
                await pool.acquire().__aenter__()
        assert pool.opened == 0


async def test_closing_closes_the_idle_now_and_the_lent_when_they_come_back(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 2) as pool, pool.acquire() as lent:
        far_lent = server.accept()
        with await opened(pool, server) as far_idle:
            pool.close()
            assert far_idle.recv(1) == b""
        far_lent.sendall(b"YES\n")
        assert await lent.ask(b"well?\n") == b"YES\n"
        assert receive(far_lent, 6) == b"well?\n"
    with far_lent:
        assert far_lent.recv(1) == b""


async def test_the_end_of_its_block_closes_it(pool_type: PoolType, server: Server) -> None:
    async with pool_type(server.address, 1) as pool:
        far = await opened(pool, server)
    with far:
        assert far.recv(1) == b""


async def test_many_tasks_share_few_connections_and_each_gets_its_own_replies(pool_type: PoolType) -> None:
    launched = Launch([sys.executable, "-m", "models.threads", "--port", "0", "--service", "lines"], directory=ROOT).start()
    busy: set[Connection[Any]] = set()

    async def work(task: int) -> None:
        for number in range(20):
            async with pool.acquire() as connection:
                assert connection not in busy
                busy.add(connection)
                assert len(busy) <= 3
                assert await connection.ask(b"task %d, line %d\n" % (task, number)) == b"TASK %d, LINE %d\n" % (task, number)
                busy.remove(connection)

    try:
        async with pool_type((launched.host, launched.port), 3) as pool, anyio.create_task_group() as group:
            for task in range(8):
                group.start_soon(work, task)
        assert pool.opened == 3
    finally:
        launched.stop()
