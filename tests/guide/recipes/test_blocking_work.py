"""Blocking work before and after: it holds up nobody else, no more than four at once, and it is waited for.

The files are FIFOs where a test has to know who is inside: whoever reads one waits until the test has written to it (fifo(7)).
"""

import asyncio
import errno
import hashlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
import trio

from iomodels.contract.client import Client
from iomodels.contract.server import TRACEBACK, Server
from tests.guide.recipes._running import each_version, run_server
from tests.guide.recipes._talking import altered

PATIENCE = 10.0  # seconds of silence that fail a test
LOOK = 0.001  # seconds between two looks at what no event tells of

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at the server's threads and sockets in /proc")


def connect(server: Server) -> Client:
    return Client(socket.create_connection((server.host, server.port)), PATIENCE)


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"


class Gate:
    """A FIFO: who reads it is inside, until the test lets it out."""

    def __init__(self, path: Path) -> None:
        self.name = path.name.encode() + b"\n"
        self._path = path
        self._writer = -1
        os.mkfifo(path)

    def is_entered(self) -> bool:
        """Whether somebody reads; before that, opening it to write fails (open(2), ENXIO)."""
        if self._writer < 0:
            try:
                self._writer = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
        return self._writer >= 0

    def wait_until_entered(self) -> None:
        give_up = time.monotonic() + PATIENCE
        while not self.is_entered():
            assert time.monotonic() < give_up, "nobody comes to read the file"
            time.sleep(LOOK)

    def open(self, content: bytes = b"") -> None:
        self.wait_until_entered()
        os.write(self._writer, content)
        self.close()

    def close(self) -> None:
        if self._writer >= 0:
            os.close(self._writer)
        self._writer = -1


@contextmanager
def gates(directory: Path, count: int) -> Iterator[list[Gate]]:
    with ExitStack() as stack:
        made = [Gate(directory / f"gate{number}") for number in range(count)]
        for gate in made:
            stack.callback(gate.close)
        yield made


@each_version
def test_clients_are_told_and_what_cannot_be_read_is_an_answer_too(version: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with run_server("blocking_work", version, str(tmp_path)) as server, connect(server) as client:
        client.exchange(b"file\n", digest(b"content"))
        for name in (b"absent\n", b"../file\n", b"a\0b\n", b"\n", b"\xff\n"):
            client.send(name)
            reply = b""
            while not reply.endswith(b"\n"):
                reply += client.receive_some()
            assert reply.startswith(b"ERROR ")
            assert reply.count(b"\n") == 1
        client.exchange(b"file\nfile\n", digest(b"content") * 2)
        client.half_close()
        client.expect_fin()
        assert TRACEBACK not in server.log()


@each_version
def test_the_others_are_served_while_one_waits_for_its_file(version: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with (
        run_server("blocking_work", version, str(tmp_path)) as server,
        gates(tmp_path, 1) as [gate],
        connect(server) as waiting,
        connect(server) as other,
    ):
        waiting.send(gate.name)
        gate.wait_until_entered()
        for _ in range(10):
            other.exchange(b"file\n", digest(b"content"))
        assert waiting.is_silent()
        gate.open(b"late")
        waiting.expect(digest(b"late"))


@on_linux
@each_version
def test_four_work_at_once_and_the_fifth_waits_for_one_of_them(version: str, tmp_path: Path) -> None:
    with (
        run_server("blocking_work", version, str(tmp_path)) as server,
        gates(tmp_path, 5) as [*first, fifth],
        ExitStack() as stack,
    ):
        for gate in first:
            stack.enter_context(connect(server)).send(gate.name)
        for gate in first:
            gate.wait_until_entered()
        with connect(server) as client:
            client.send(fifth.name)
            client.wait_until_read()
            server.rest()  # all that it could do is done
            assert not fifth.is_entered()
            first[2].open()
            fifth.open(b"at last")
            client.expect(digest(b"at last"))


@each_version
def test_who_leaves_meanwhile_costs_nobody_else(version: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with (
        run_server("blocking_work", version, str(tmp_path)) as server,
        gates(tmp_path, 1) as [gate],
        connect(server) as bystander,
    ):
        leaving = connect(server)
        leaving.send(gate.name)
        gate.wait_until_entered()
        leaving.reset()
        bystander.exchange(b"file\n", digest(b"content"))
        gate.open()
        bystander.exchange(b"file\n", digest(b"content"))
        assert TRACEBACK not in server.log()


@on_linux
@each_version
def test_ctrl_c_ends_it_when_the_work_is_done_and_not_before(version: str, tmp_path: Path) -> None:
    with run_server("blocking_work", version, str(tmp_path)) as server, gates(tmp_path, 1) as [gate]:
        with connect(server) as waiting:
            waiting.send(gate.name)
            gate.wait_until_entered()
            server.interrupt()
            server.rest()  # all that it could do is done
            assert server.status is None
            gate.open()
        server.wait(PATIENCE)


# The trap: the call as it stood, in a coroutine.


CALLED_DIRECTLY = {
    "on_asyncio": {"await loop.run_in_executor(work, answer, line)": "answer(line)"},
    "on_trio": {"await trio.to_thread.run_sync(answer, line, limiter=work)": "answer(line)"},
    "on_anyio": {"await anyio.to_thread.run_sync(answer, line, limiter=work)": "answer(line)"},
}


@on_linux
@pytest.mark.parametrize("version", CALLED_DIRECTLY)
def test_called_directly_it_holds_up_everybody(version: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    naive = altered(tmp_path, "blocking_work", version, CALLED_DIRECTLY[version])
    with run_server("blocking_work", naive, str(tmp_path)) as server, gates(tmp_path, 1) as [gate]:
        threads = server.usage().threads
        with connect(server) as waiting, connect(server) as other:
            waiting.send(gate.name)
            gate.wait_until_entered()
            other.send(b"file\n")
            server.rest()  # every thread sleeps, one of them in the file
            assert server.usage().threads == threads
            end = other.far_end()
            assert end is None or end.read == 0  # and none has read what the other said
            gate.open()
            other.expect(digest(b"content"))


# Deadlines: who gives up, and when. The thread goes on in any case.


class Work:
    """A blocking call that the test lets out, and in the midst of which something happens."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.ended = threading.Event()

    def wait(self) -> str:
        assert self.release.wait(PATIENCE)
        self.ended.set()
        return "done"


def test_on_asyncio_a_cancellation_leaves_the_thread_behind() -> None:
    async def scenario() -> None:
        work = Work()
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None

        def cancel_and_wait() -> str:
            loop.call_soon_threadsafe(task.cancel)
            return work.wait()

        with suppress(asyncio.CancelledError):
            await asyncio.to_thread(cancel_and_wait)
        task.uncancel()
        assert not work.ended.is_set()
        work.release.set()

    asyncio.run(scenario())


@pytest.mark.parametrize("abandon", [False, True])
def test_on_trio_a_cancellation_waits_for_the_thread_unless_it_is_abandoned(abandon: bool) -> None:
    async def scenario() -> None:
        work = Work()
        if not abandon:
            work.release.set()

        def cancel_and_wait() -> str:
            trio.from_thread.run_sync(scope.cancel, trio_token=token)
            return work.wait()

        token = trio.lowlevel.current_trio_token()
        with trio.CancelScope() as scope:
            assert await trio.to_thread.run_sync(cancel_and_wait, abandon_on_cancel=abandon) == "done"
        assert scope.cancelled_caught == abandon
        assert work.ended.is_set() != abandon
        work.release.set()

    trio.run(scenario)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("abandon", [False, True])
def test_on_anyio_a_cancellation_waits_for_the_thread_unless_it_is_abandoned(abandon: bool, backend: str) -> None:
    async def scenario() -> None:
        work = Work()
        if not abandon:
            work.release.set()
        token = anyio.lowlevel.current_token()

        def cancel_and_wait() -> str:
            anyio.from_thread.run_sync(scope.cancel, token=token)
            return work.wait()

        with anyio.CancelScope() as scope:
            assert await anyio.to_thread.run_sync(cancel_and_wait, abandon_on_cancel=abandon) == "done"
        assert scope.cancelled_caught == abandon
        assert work.ended.is_set() != abandon
        work.release.set()

    anyio.run(scenario, backend=backend)
