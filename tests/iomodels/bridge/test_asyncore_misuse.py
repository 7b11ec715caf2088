"""What goes wrong with asyncore's bridge says so at once; and the module stands in for asyncore in all else."""

import gc
import inspect
import os
import socket
import subprocess
import sys
import threading
import unittest.mock
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from iomodels.bridge import asyncore
from iomodels.bridge.asyncore.bell import Bell
from iomodels.bridge.asyncore.original import original
from iomodels.bridge.misuse import NestedLoop, NotRunning, WouldBlock, WrongThread
from tests.iomodels.bridge.asyncore_libraries import LIBRARIES, Run, each_library

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 10.0  # seconds


class Quiet(asyncore.dispatcher):  # type: ignore[misc]  # asyncore has no types
    """Wants to read, and nothing comes."""

    def writable(self) -> bool:
        return False


def python(code: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)


def test_a_loop_that_nobody_awaits_warns_by_its_name() -> None:
    with pytest.warns(RuntimeWarning, match=r"coroutine 'asyncore\.loop' was never awaited"):  # noqa: PT031 - collected in it
        asyncore.loop(timeout=1)  # type: ignore[unused-coroutine]
        gc.collect()


def test_no_loop_runs() -> None:
    with pytest.raises(NotRunning, match=r"asyncio\.run"):
        asyncore.loop().send(None)


@each_library
def test_two_tasks_on_one_map(run: Run) -> None:
    async def main(channels: dict[int, Any]) -> None:
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, map=channels))
                await anyio.lowlevel.checkpoint()
                await anyio.lowlevel.checkpoint()
                with pytest.raises(NestedLoop, match="map of their own"):
                    await asyncore.loop(map=channels)
                tasks.cancel_scope.cancel()
            await asyncore.loop(0.001, map=channels, count=1)  # it is free again

    near, far = socket.socketpair()
    channels: dict[int, Any] = {}
    with near, far:
        Quiet(near, channels)
        run(partial(main, channels))


@each_library
def test_another_threads_map(run: Run) -> None:
    errors: list[BaseException] = []

    def elsewhere(channels: dict[int, Any]) -> None:
        for misuse in (
            partial(run, partial(asyncore.loop, map=channels)),
            partial(asyncore.close_all, channels),
        ):
            try:
                misuse()
            except WrongThread as error:
                errors.append(error)

    async def main(channels: dict[int, Any]) -> None:
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, map=channels))
                await anyio.lowlevel.checkpoint()
                await anyio.lowlevel.checkpoint()
                await anyio.to_thread.run_sync(elsewhere, channels)
                asyncore.close_all(channels)

    near, far = socket.socketpair()
    channels: dict[int, Any] = {}
    with near, far:
        Quiet(near, channels)
        run(partial(main, channels))
    assert len(errors) == 2
    assert "map of their own" in str(errors[0])
    assert "call_soon_threadsafe" in str(errors[1])


@each_library
@pytest.mark.parametrize("module", [asyncore, original], ids=["bridge", "original"])
@pytest.mark.parametrize(("name", "more"), [("poll", ""), ("poll2", ", use_poll=True"), ("poll3", ", use_poll=True")])
def test_poll_that_waits_in_a_running_loop(run: Run, module: Any, name: str, more: str) -> None:
    poll = getattr(module, name)

    async def main() -> None:
        for timeout in 0.5, None:
            with pytest.raises(WouldBlock) as refusal:
                poll(timeout, channels)
            assert f"await asyncore.loop({timeout}{more}, count=1)" in str(refusal.value)
        poll(0, channels)
        poll(map=channels)

    near, far = socket.socketpair()
    channels: dict[int, Any] = {}
    with near, far:
        Quiet(near, channels)
        run(main)
        poll(0.001, channels)  # no loop runs: it may


@each_library
def test_asyncores_own_loop_in_a_running_loop(run: Run) -> None:
    async def main() -> None:
        for call in original.loop, partial(original.loop, 0), partial(original.loop, count=1):
            with pytest.raises(WouldBlock, match=r"inside a running (asyncio|trio) loop: .* await asyncore\.loop\(\)"):
                call(map=channels)
        original.loop(0, map=channels, count=2)

    near, far = socket.socketpair()
    channels: dict[int, Any] = {}
    with near, far:
        Quiet(near, channels)
        run(main)
        original.loop(0.001, map=channels, count=2)


FORKS = """
import asyncio, os, socket
from iomodels.bridge import asyncore
from iomodels.bridge.misuse import WrongThread
from tests.iomodels.bridge.asyncore_libraries import LIBRARIES

near, far = socket.socketpair()
far.send(b"xy")

class Forks(asyncore.dispatcher):
    def handle_read(self):
        self.recv(1)
        child = os.fork()
        if child:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            raise asyncore.ExitNow
        if own_loop:
            self.handle_read = lambda: print("child read", self.recv(1), flush=True)
            asyncio.run(asyncore.loop(map=self._map, count=1))
            os._exit(0)

    def writable(self):
        return False

async def main():
    try:
        await asyncore.loop()
    except asyncore.ExitNow:
        print("parent left", flush=True)
    except WrongThread as error:
        print(error, flush=True)
        os._exit(0)

Forks(near)
LIBRARIES[library](main)
"""


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_forked_child_does_not_go_on(library: str) -> None:
    ran = python(f"library, own_loop = {library!r}, False\n{FORKS}")
    said = ran.stdout.splitlines()
    assert said[1:] == ["parent left"], ran.stderr
    assert said[0].startswith("asyncore.loop() went on in a forked child: ")


def test_a_forked_child_may_begin_a_loop() -> None:
    ran = python(f"library, own_loop = 'asyncio', True\n{FORKS}")
    assert ran.stdout.splitlines() == ["child read b'y'", "parent left"], ran.stderr


SHARES = """
import asyncio, os, socket
from functools import partial
from iomodels.bridge import asyncore

class Reads(asyncore.dispatcher):
    def writable(self):
        return False
    def handle_read(self):
        print("read", self.recv(1), flush=True)

async def read():
    waiting = asyncio.create_task(asyncore.loop(map=mine, count=1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    far.send(b"x")
    await asyncio.wait_for(waiting, 10)

near, far = socket.socketpair()
mine, other = {}, {}
Reads(near, mine)
Reads(far.dup(), other)
loop = asyncio.new_event_loop()
loop.run_until_complete(asyncore.loop(0.001, map=mine, count=1))
child = os.fork()
if not child:
    loop.run_until_complete(asyncore.loop(0.001, map=other, count=1))
    os._exit(0)
os.waitpid(child, 0)
loop.run_until_complete(read())
"""


def test_a_forked_child_leaves_the_parents_epoll_alone() -> None:
    ran = python(SHARES)
    assert ran.stdout == "read b'x'\n", ran.stderr


def test_a_bell_that_is_closed_stays_silent() -> None:
    bell = Bell()
    bell.close()
    bell.ring()
    bell.close()


def test_without_asyncore_the_error_names_the_fix() -> None:
    ran = python("import sys; sys.modules['asyncore'] = None; from iomodels.bridge import asyncore")
    assert ran.stderr.splitlines()[-1].startswith("ModuleNotFoundError: no asyncore: ")
    assert "pip install pyasyncore" in ran.stderr
    assert "iomodels[asyncore]" in ran.stderr
    assert "During handling" not in ran.stderr


def test_the_import_warns_of_nothing() -> None:
    ran = subprocess.run([sys.executable, "-W", "error", "-c", "from iomodels.bridge import asyncore"], cwd=ROOT, timeout=60)
    assert ran.returncode == 0


def test_all_names_are_there() -> None:
    names = {name for name in vars(original) if not name.startswith("__")}
    assert names <= set(dir(asyncore))
    for name in names - {"loop", "close_all"}:
        assert getattr(asyncore, name) is getattr(original, name)
    everything: dict[str, Any] = {}
    exec("from iomodels.bridge.asyncore import *", everything)
    assert {name for name in names if not name.startswith("_")} <= everything.keys()
    assert everything["loop"] is asyncore.loop
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = asyncore.nothing_of_the_kind


def test_loop_has_asyncores_signature() -> None:
    parameters = list(inspect.signature(asyncore.loop).parameters.values())
    classic = list(inspect.signature(original.loop).parameters.values())
    assert [(each.name, each.default) for each in parameters[:-1]] == [(each.name, each.default) for each in classic]
    assert parameters[-1].kind is inspect.Parameter.KEYWORD_ONLY


def test_what_is_set_here_is_set_there(monkeypatch: pytest.MonkeyPatch) -> None:
    channels: dict[int, Any] = {}
    first = original.socket_map
    with monkeypatch.context() as patch:
        patch.setattr(asyncore, "socket_map", channels)
        assert original.socket_map is channels
        assert asyncore.dispatcher()._map is channels
    assert original.socket_map is asyncore.socket_map is first
    with unittest.mock.patch.object(asyncore, "socket_map", channels):
        assert original.socket_map is channels
    assert original.socket_map is asyncore.socket_map is first


def test_dispatchers_are_asyncores_own() -> None:
    assert repr(asyncore.dispatcher()).startswith("<asyncore.dispatcher at ")
    assert list(inspect.signature(asyncore.dispatcher.send).parameters) == ["self", "data"]
    assert asyncore.dispatcher.send.__code__.co_filename == original.__file__


def test_a_negative_timeout_is_what_it_was() -> None:
    near, far = socket.socketpair()
    with near, far:
        channels: dict[int, Any] = {}
        channel = Quiet(near, channels)
        for loop in original.loop, lambda *args, **more: anyio.run(partial(asyncore.loop, *args, **more)):
            with pytest.raises(ValueError, match="non-negative"):
                loop(-1, map=channels, count=1)
        channel.handle_read = channel.close

        async def main() -> None:  # poll2 takes it for no limit
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(asyncore.loop, -1, True, channels, 1))
                for _ in range(3):
                    await anyio.lowlevel.checkpoint()
                far.send(b"x")

        anyio.run(main)
        assert not channels


def test_threads_have_loops_of_their_own() -> None:
    """No loop of one thread is in the way of another's on another map."""
    threads = [threading.Thread(target=_conversation) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


def _conversation() -> None:
    near, far = socket.socketpair()
    channels: dict[int, Any] = {}
    channel = Quiet(near, channels)
    channel.handle_read = partial(channel.recv, 10)
    channel.handle_close = channel.close
    with far:
        far.send(os.urandom(10))
        far.shutdown(socket.SHUT_WR)
        anyio.run(partial(asyncore.loop, PATIENCE, map=channels))
