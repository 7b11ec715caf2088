"""A pool before and after: no more connections than it may have, none that is dead, and whoever waits gets the next."""

import asyncio
import importlib.util
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import ModuleType
from typing import Any

import anyio
import pytest
import trio

from tests.guide.recipes._running import VERSIONS, each_version, script

PATIENCE = 10.0  # seconds of silence that fail a test
LOOK = 0.001  # seconds between two looks


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.settimeout(PATIENCE)
        yield sock


def accept(listener: socket.socket) -> socket.socket:
    connection, _ = listener.accept()
    connection.settimeout(PATIENCE)
    return connection


# The program, against a server in the test's hands.


class Program:
    """One version of the recipe, which asks the server of the test."""

    def __init__(self, version: str, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(script("connection_pool", version)), str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What reaches it meanwhile it finds together."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def said(self) -> tuple[list[str], str]:
        """What it wrote, when it has ended: its lines, sorted but for the last, and its errors."""
        output, errors = self._process.communicate(timeout=PATIENCE)
        *lines, last = output.splitlines()
        return [*sorted(lines, key=lambda line: int(line.split()[-1])), last], errors

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(params=VERSIONS)
def program(request: pytest.FixtureRequest, listener: socket.socket) -> Iterator[Program]:
    running = Program(request.param, listener.getsockname()[1])
    try:
        yield running
    finally:
        running.end()


def asked(far: socket.socket) -> bytes:
    """The next request on this connection; b"" at its end."""
    line = b""
    while not line.endswith(b"\n") and (data := far.recv(100)):
        line += data
    assert line.count(b"\n") <= 1, f"two requests at once: {line!r}"
    return line


ALL = [f"REQUEST {number}" for number in range(20)]


def test_no_more_than_two_are_open_and_who_waits_gets_the_one_that_comes_free(
    program: Program, listener: socket.socket
) -> None:
    with accept(listener) as one, accept(listener) as two:
        held = asked(two)
        for _ in range(18):  # all that wait, while the other is held
            one.sendall(asked(one).upper())
        last = asked(one)
        two.sendall(held.upper())
        one.sendall(last.upper())
        assert (asked(one), asked(two)) == (b"", b"")
    assert program.said() == ([*ALL, "over 2 connections"], "")
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_one_that_the_server_has_ended_is_replaced(program: Program, listener: socket.socket) -> None:
    with accept(listener) as one:
        held = asked(one)
        with accept(listener) as two:
            line = asked(two)
            with program.stopped():  # the reply and the end are there at once
                two.sendall(line.upper())
                two.shutdown(socket.SHUT_WR)
            assert asked(two) == b""  # it asks no more here
        with accept(listener) as three:
            for _ in range(18):
                three.sendall(asked(three).upper())
            one.sendall(held.upper())
            assert (asked(one), asked(three)) == (b"", b"")
    assert program.said() == ([*ALL, "over 3 connections"], "")


def test_a_request_that_is_cut_off_fails_alone(program: Program, listener: socket.socket) -> None:
    with accept(listener) as one:
        held = asked(one)
        with accept(listener) as two:
            lost = asked(two).split()[1].decode()
        with accept(listener) as three:
            for _ in range(18):
                three.sendall(asked(three).upper())
            one.sendall(held.upper())
            assert (asked(one), asked(three)) == (b"", b"")
    said, errors = program.said()
    assert said == [line for line in ALL if line != f"REQUEST {lost}"] + ["over 3 connections"]
    assert errors.startswith(f"request {lost} failed: ")
    assert errors.count("\n") == 1


# The pool itself, in the test's hands. What is written once for all four is written with `async`; before, nothing is awaited.


class Lent:
    """A connection of `before`, as those of the others are."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def ask(self, line: bytes) -> bytes:
        reply: bytes = self.connection.ask(line)
        return reply

    def is_quiet(self) -> bool:
        quiet: bool = self.connection.is_quiet()
        return quiet


class Plain:
    """The pool of `before`, as those of the others are."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @property
    def opened(self) -> int:
        opened: int = self._pool.opened
        return opened

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Lent]:
        with self._pool.lend() as connection:
            yield Lent(connection)

    def close(self) -> None:
        self._pool.close()


def load(version: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(f"connection_pool_{version}", script("connection_pool", version))
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def play(version: str, listener: socket.socket, scenario: Callable[[Any], Awaitable[None]]) -> None:
    """Run `scenario(pool)` on the library of this version, with a pool of one connection to the listener."""
    module = load(version)

    async def main() -> None:
        pool = module.Pool(listener.getsockname(), 1)
        if version == "before":
            pool = Plain(pool)
        try:
            await scenario(pool)
        finally:
            if version == "on_anyio":
                await pool.aclose()
            else:
                pool.close()

    if version == "on_trio":
        trio.run(main)
    elif version == "on_anyio":
        anyio.run(main)
    else:
        asyncio.run(main())


def until_heard(connection: Any) -> None:
    """Wait until something can be read here."""
    give_up = time.monotonic() + PATIENCE
    while connection.is_quiet():
        assert time.monotonic() < give_up, "nothing arrives"
        time.sleep(LOOK)


def reset(far: socket.socket) -> None:
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()


def say_bye(far: socket.socket) -> None:
    far.sendall(b"BYE\n")


@each_version
@pytest.mark.parametrize("event", [socket.socket.close, reset, say_bye])
def test_one_that_has_something_to_read_is_not_lent(
    version: str, listener: socket.socket, event: Callable[[socket.socket], None]
) -> None:
    async def scenario(pool: Any) -> None:
        async with pool.lend() as first:
            far = accept(listener)
        with far:
            event(far)
            until_heard(first)
            async with pool.lend() as second, accept_here(listener) as fresh:
                fresh.sendall(b"YES\n")
                assert await second.ask(b"well?\n") == b"YES\n"
        assert pool.opened == 2

    play(version, listener, scenario)


@asynccontextmanager
async def accept_here(listener: socket.socket) -> AsyncIterator[socket.socket]:
    with accept(listener) as far:
        yield far


@each_version
def test_a_borrower_that_fails_does_not_hand_its_reply_to_the_next(version: str, listener: socket.socket) -> None:
    async def scenario(pool: Any) -> None:
        try:
            async with pool.lend():
                far = accept(listener)
                raise LookupError("the borrower's own trouble")
        except LookupError:
            pass
        with far:
            assert far.recv(1) == b""
        async with pool.lend(), accept_here(listener):
            assert pool.opened == 2

    play(version, listener, scenario)


@each_version
def test_a_reply_with_something_behind_it_is_an_error_and_the_end_of_its_connection(
    version: str, listener: socket.socket
) -> None:
    async def scenario(pool: Any) -> None:
        with pytest.raises(ConnectionError, match="more than one line"):
            await ask_and_hear(pool, listener, b"YES\nBYE\n")
        await ask_and_hear(pool, listener, b"YES\n")
        assert pool.opened == 2

    play(version, listener, scenario)


async def ask_and_hear(pool: Any, listener: socket.socket, words: bytes) -> None:
    """Borrow a connection, which is a new one, and ask; `words` are there at once."""
    async with pool.lend() as connection:
        with accept(listener) as far:
            far.sendall(words)
            assert await connection.ask(b"well?\n") == words


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_nor_does_one_that_is_cancelled(version: str, listener: socket.socket) -> None:
    async def scenario(pool: Any) -> None:
        with anyio.CancelScope() as scope:
            async with pool.lend() as connection:
                far = accept(listener)
                scope.cancel()
                await connection.ask(b"well?\n")
        assert scope.cancelled_caught
        with far:
            assert asked(far) in (b"", b"well?\n")
            assert far.recv(1) == b""  # whoever answers now answers nobody
        async with pool.lend() as connection, accept_here(listener) as fresh:
            fresh.sendall(b"NO\n")
            assert await connection.ask(b"and now?\n") == b"NO\n"

    play(version, listener, scenario)


# The trap of asyncio's streams, of which the page speaks.


def test_a_stream_reader_that_has_read_ahead_looks_alive() -> None:
    async def scenario() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(b"BYE\n")
        reader.feed_eof()
        assert not reader.at_eof()

    asyncio.run(scenario())
