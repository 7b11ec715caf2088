"""Servers in a loop's thread, and async context managers and iterators used from outside."""

import asyncio
import contextlib
import functools
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import pytest
import trio

from iomodels.bridge.misuse import MixedLibraries, Stopped
from tests.iomodels.bridge.loops_in_threads import BOUND, KINDS, bounded, loop_of

each_kind = pytest.mark.parametrize("kind", KINDS)


async def streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1024):
        if data == b"fail":
            raise KeyError("in the handler")
        writer.write(data.upper())
        await writer.drain()
    writer.close()


class Upper(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        if data == b"fail":
            self.transport.close()
            return
        self.transport.write(data.upper())


async def on_trio(stream: trio.SocketStream) -> None:
    async for data in stream:
        if data == b"fail":
            raise KeyError("in the handler")
        await stream.send_all(data.upper())


async def on_anyio(stream: anyio.abc.SocketStream) -> None:
    async for data in stream:
        if data == b"fail":
            raise KeyError("in the handler")
        await stream.send(data.upper())


SERVED: list[tuple[str, str, Callable[..., Any]]] = [
    *((kind, "streams", streams) for kind in ("asyncio", "uvloop")),
    *((kind, "protocol", Upper) for kind in ("asyncio", "uvloop", "anyio")),
    ("asyncio", "factory", lambda: Upper()),
    ("asyncio", "partial", functools.partial(streams)),
    ("trio", "stream", on_trio),
    ("anyio", "stream", on_anyio),
    ("anyio-trio", "stream", on_anyio),
]
each_served = pytest.mark.parametrize(("kind", "handler"), [pytest.param(k, h, id=f"{k}-{n}") for k, n, h in SERVED])


def connect(address: Any) -> socket.socket:
    if isinstance(address, str):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(BOUND)
        sock.connect(address)
        return sock
    return socket.create_connection(address[:2], BOUND)


def ask(address: Any, question: bytes = b"hello") -> bytes:
    with connect(address) as sock:
        sock.sendall(question)
        return sock.recv(1024)


@each_served
def test_it_serves_many_and_stops_by_itself_and_with_the_loop(kind: str, handler: Any) -> None:
    with loop_of(kind) as loop:
        with loop.serve(handler, ("127.0.0.1", 0)) as server:
            assert ask(server.address) == b"HELLO"
            with contextlib.ExitStack() as opened:
                clients = [opened.enter_context(connect(server.address)) for _ in range(20)]
                for each in clients:
                    each.sendall(b"x")
                assert [each.recv(1) for each in clients] == [b"X"] * 20
                server.stop()
                assert [each.recv(1) for each in clients] == [b""] * 20
            with pytest.raises(ConnectionRefusedError):
                connect(server.address)
        server.stop()
        second = loop.serve(handler, ("127.0.0.1", 0))
        client = connect(second.address)
        client.sendall(b"y")
        assert client.recv(1) == b"Y"
    with client:
        assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(second.address)
    second.stop()


@each_served
def test_a_handlers_error_ends_its_connection_alone(kind: str, handler: Any, caplog: pytest.LogCaptureFixture) -> None:
    with loop_of(kind) as loop, loop.serve(handler, ("127.0.0.1", 0)) as server, connect(server.address) as other:
        other.sendall(b"a")
        assert other.recv(1) == b"A"
        with caplog.at_level(logging.ERROR, "iomodels.bridge"):
            assert ask(server.address, b"fail") == b""
            server.stop()
        if handler is not Upper and "lambda" not in repr(handler):
            assert "in the handler" in caplog.text


@each_served
def test_other_addresses(kind: str, handler: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    listener = socket.create_server(("127.0.0.1", 0))
    with (
        loop_of(kind) as loop,
        loop.serve(handler, path) as unix,
        loop.serve(handler, listener) as given,
        loop.serve(handler, ("localhost", 0)) as named,
    ):
        assert unix.address == path
        assert ask(path) == b"HELLO"
        assert ask(given.address) == b"HELLO"
        for address in named.addresses:
            assert ask(address) == b"HELLO"
            assert address[1] == named.address[1]
        for address in (given.address, path):
            with pytest.raises(OSError, match="in use"):
                loop.serve(handler, address)
        unix.stop()
        with loop.serve(handler, path):
            assert ask(path) == b"HELLO"
    assert not Path(path).exists()


def test_what_was_written_arrives_although_the_server_stops() -> None:
    """The kernel takes a part of a large reply; the rest is the transport's when the stop comes."""
    size = 48 << 20
    written = threading.Event()

    class Large(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"x" * size)
            written.set()

    with loop_of("asyncio") as loop:
        server = loop.serve(Large, ("127.0.0.1", 0))
        with connect(server.address) as client:
            assert written.wait(BOUND)
            stopper = threading.Thread(target=server.stop)
            stopper.start()
            received = 0
            while data := client.recv(1 << 20):
                received += len(data)
            stopper.join(BOUND)
    assert received == size


@pytest.mark.parametrize(
    ("kind", "handler"),
    [
        ("trio", Upper),
        ("anyio-trio", Upper),
        ("trio", lambda: Upper()),
        ("trio", streams),
        ("anyio", streams),
        ("asyncio", on_trio),
    ],
)
def test_a_handler_of_another_library_is_refused(kind: str, handler: Any) -> None:
    with loop_of(kind) as loop, pytest.raises(MixedLibraries, match="in_thread"):
        loop.serve(handler, ("127.0.0.1", 0))


@each_kind
def test_serving_nothing_and_on_a_stopped_loop(kind: str) -> None:
    handler: Any = {k: h for k, _, h in SERVED}[kind]
    with loop_of(kind) as loop, pytest.raises(TypeError):
        loop.serve(None, ("127.0.0.1", 0))  # type: ignore[arg-type]
    with pytest.raises(Stopped):
        loop.serve(handler, ("127.0.0.1", 0))


class Manager:
    def __init__(self, *, swallow: bool = False) -> None:
        self.swallow = swallow
        self.log: list[Any] = []

    async def __aenter__(self) -> "Manager":
        await anyio.sleep(0)
        self.log.append(threading.get_ident())
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        self.log.append(kind)
        return self.swallow


@each_kind
def test_an_async_context_manager(kind: str) -> None:
    with loop_of(kind) as loop:
        with loop.enter(Manager()) as manager:
            assert manager.log == [loop.call(threading.get_ident)]
        assert manager.log[1] is None
        with pytest.raises(KeyError), loop.enter(Manager) as manager:
            raise KeyError
        assert manager.log[1] is KeyError
        with loop.enter(Manager(swallow=True)) as manager:
            raise KeyError

        @contextlib.asynccontextmanager
        async def failing() -> AsyncIterator[None]:
            raise ValueError("cannot")
            yield

        with pytest.raises(ValueError, match="cannot"), loop.enter(failing()):
            pytest.fail("entered")


@each_kind
def test_a_task_group_of_the_loop_in_a_with_of_the_thread(kind: str) -> None:
    done = threading.Event()

    async def work() -> None:
        await anyio.sleep(0)
        done.set()

    async def fail() -> None:
        raise KeyError("child")

    with loop_of(kind) as loop:
        with loop.enter(anyio.create_task_group) as group:
            loop.call(group.start_soon, work)
        assert done.is_set()
        with pytest.raises(ExceptionGroup), loop.enter(anyio.create_task_group) as group:
            loop.call(group.start_soon, fail)


@each_kind
def test_a_stop_while_a_manager_is_entered_leaves_it(kind: str) -> None:
    loop = loop_of(kind).start()
    manager = Manager()
    with pytest.raises(Stopped), loop.enter(manager):
        bounded(loop.stop)
    assert len(manager.log) == 2


class Source:
    """Elements, and a record of what was made and whether it was closed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.made: list[int] = []
        self.closed = threading.Event()
        self.error = error

    async def generate(self, count: int = 1000) -> AsyncIterator[int]:
        try:
            with anyio.CancelScope():  # which trio wants left in the task that entered it
                for number in range(count):
                    await anyio.sleep(0)
                    self.made.append(number)
                    yield number
                if self.error is not None:
                    raise self.error
        finally:
            self.closed.set()


@each_kind
def test_an_async_iterator_makes_what_is_asked_for(kind: str) -> None:
    with loop_of(kind) as loop:
        source = Source()
        with loop.iterate(source.generate) as numbers:
            assert [next(numbers), next(numbers)] == [0, 1]
            loop.call(anyio.sleep, 0.01)
            assert source.made == [0, 1]
        assert source.closed.is_set()
        assert list(numbers) == []

        source = Source()
        assert list(loop.iterate(source.generate(5))) == [0, 1, 2, 3, 4]
        assert source.closed.is_set()

        source = Source()
        for number in loop.iterate(source.generate, 10):
            if number == 3:
                break
        assert source.closed.wait(BOUND)
        assert source.made == [0, 1, 2, 3]

        source = Source(KeyError("at the end"))
        numbers = loop.iterate(source.generate(1))
        assert next(numbers) == 0
        with pytest.raises(KeyError, match="at the end"):
            next(numbers)
        assert list(numbers) == []


@each_kind
def test_a_stop_ends_who_waits_for_an_element(kind: str) -> None:
    loop = loop_of(kind).start()
    begun = threading.Event()

    async def never() -> AsyncIterator[int]:
        begun.set()
        await anyio.sleep_forever()
        yield 1

    def stop() -> None:
        begun.wait(BOUND)
        loop.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(Stopped):
        bounded(lambda: next(loop.iterate(never())))
    stopper.join(BOUND)
