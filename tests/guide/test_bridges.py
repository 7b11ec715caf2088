"""The page about bridges: its programs, before and after, are asked alike, and every exception that it names is raised."""

import asyncio
import doctest
import re
import shlex
import signal
import socket
import socketserver
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest
import trio

from iomodels import bridge
from iomodels.contract.client import End
from iomodels.contract.profile import Profile
from iomodels.contract.server import TRACEBACK, Launch, free_port
from iomodels.contract.trial import KIB, MIB, Trial, dialect
from iomodels.differ.asking import Plan, ask
from iomodels.differ.report import Report, as_text
from tests.guide.misuse.doing import MISUSES, find

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "guide"
PAGE = (GUIDE / "migrate" / "bridges.md").read_text(encoding="utf-8")
FOLDER = GUIDE / "migrate" / "bridging"
AFTER = ("on_asyncio", "on_trio", "on_anyio")
KINDS = ("plain", "recut", "pipelined", "half-closed", "interrupted", "reset", "two")
SECONDS = 10.0  # the bound of every wait

needs_asyncore = pytest.mark.skipif(find_spec("asyncore") is None, reason="the extra `asyncore` is not installed")
NAMES = ["select", "selector", "handlers", pytest.param("dispatchers", marks=needs_asyncore), "thread"]
each_name = pytest.mark.parametrize("name", NAMES)
each_version = pytest.mark.parametrize("version", ["before", *AFTER])
each_after = pytest.mark.parametrize("version", AFTER)


def command(program: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-W", "ignore", str(program), *arguments]  # asyncore warns that it goes


@contextmanager
def serving(program: Path, *arguments: str) -> Iterator[Trial]:
    server = Launch(command(program, "0", *arguments)).start()
    try:
        with closing(Trial((server.host, server.port), dialect("upper"), Profile(), server=server)) as trial:
            yield trial
    finally:
        server.stop()


def differ(old: Path, new: Path, *kinds: str) -> Report:
    plan = Plan(
        shlex.join(command(old)) + " {port}", shlex.join(command(new)) + " {port}", service="upper", kinds=kinds, limits=None
    )
    return ask(plan, plan.prepare())


# The programs.


@pytest.mark.long
@each_name
@each_after
def test_after_is_as_before(name: str, version: str) -> None:
    report = differ(FOLDER / name / "before.py", FOLDER / name / f"{version}.py", *KINDS)
    assert report.alike, as_text(report)
    assert len(report.outcomes) >= len(KINDS)


@each_name
@each_version
def test_clients_are_served_at_once_and_to_their_end(name: str, version: str) -> None:
    with serving(FOLDER / name / f"{version}.py") as trial:
        slow = trial.stuck()
        others = trial.crowd(5)
        trial.serve_meanwhile(others)
        with trial.witness():
            others[0].reset()
        others[1].exchange(*trial.talk(4 * MIB), half_close=True)
        others[1].expect_fin()
        slow.half_close()
        _, end = slow.read_to_end(128 * MIB)
        assert end is End.FIN


@each_name
@each_version
def test_ctrl_c_ends_it_without_a_traceback(name: str, version: str) -> None:
    with serving(FOLDER / name / f"{version}.py") as trial:
        client = trial.connect()
        client.exchange(b"hello", b"HELLO")
        trial.server.interrupt()
        assert trial.server.wait(SECONDS) == 0
        assert TRACEBACK not in trial.server.log()
        said = trial.server.rest_of_output().decode()
        assert said == ("shouted 5 bytes\n" if name == "thread" else "")


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "version", "old", "new"),
    [
        ("select", "on_trio", "data.upper()", "data"),
        ("select", "on_asyncio", "not client.said_all or bool(client.outbox)", "bool(client.outbox)"),
        ("selector", "on_anyio", "if self.said_all:", "if self.said_all or not self.owed:"),
        ("handlers", "on_asyncio", "socketserver.ThreadingTCPServer", "socketserver.TCPServer"),
        pytest.param("dispatchers", "on_trio", "self.said_all and not", "self.said_all or not", marks=needs_asyncore),
        ("thread", "on_trio", "data.upper()", "data.upper() * 2"),
    ],
)
def test_a_mistake_is_found(name: str, version: str, old: str, new: str, tmp_path: Path) -> None:
    text = (FOLDER / name / f"{version}.py").read_text()
    assert text.count(old) == 1
    (tmp_path / "mistaken.py").write_text(text.replace(old, new))
    assert not differ(FOLDER / name / "before.py", tmp_path / "mistaken.py", "plain", "half-closed", "two").alike


def test_half_moved_both_ports_are_served_and_ctrl_c_ends_them() -> None:
    new_port = free_port()
    with serving(FOLDER / "handlers" / "half.py", str(new_port)) as trial:
        with socket.create_connection(("127.0.0.1", new_port), SECONDS) as new, trial.connect() as old:
            new.sendall(b"hello")
            assert new.recv(16) == b"HELLO"
            old.exchange(*trial.talk(64 * KIB), half_close=True)
            old.expect_fin()
            new.sendall(b"again")
            assert new.recv(16) == b"AGAIN"
        trial.server.signal(signal.SIGINT)
        assert trial.server.wait(SECONDS) == 0
        assert TRACEBACK not in trial.server.log()


# What is not the same.


Run = Callable[[Callable[[], Awaitable[Any]]], Any]
LIBRARIES: dict[str, Run] = {
    "asyncio": lambda main: asyncio.run(main()),  # type: ignore[arg-type]
    "trio": trio.run,
    "anyio": anyio.run,
}
each_library = pytest.mark.parametrize("library", LIBRARIES)


@each_library
@pytest.mark.parametrize("way", ["select", "Selector"])
def test_a_socket_that_another_task_closes_is_waited_for_no_more(library: str, way: str) -> None:
    async def main() -> None:
        mine, theirs = socket.socketpair()
        with theirs:
            selector = bridge.Selector()
            selector.register(mine, 1)
            async with anyio.create_task_group() as group:
                group.start_soon(close, mine)
                waited = bridge.select([mine], [], [], 0.2) if way == "select" else selector.select(0.2)
                assert not any(await waited)

    async def close(sock: socket.socket) -> None:
        await anyio.sleep(0)
        sock.close()

    LIBRARIES[library](main)


@each_library
@needs_asyncore
@pytest.mark.parametrize("wake", [True, False])
def test_a_change_that_asyncore_does_not_see_waits_for_the_turns_end_or_for_wake(library: str, wake: bool) -> None:
    from iomodels.bridge import asyncore

    async def main() -> float:
        channels: dict[int, Any] = {}
        mine, theirs = socket.socketpair()
        channel = asyncore.dispatcher(mine, channels)
        channel.readable = channel.writable = lambda: False
        channel.handle_write = channel.close
        timeout = 2 * SECONDS if wake else 0.5

        async def change() -> None:
            await anyio.wait_all_tasks_blocked()
            channel.writable = lambda: True
            if wake:
                asyncore.wake(channels)

        with theirs, anyio.fail_after(SECONDS):
            async with anyio.create_task_group() as group:
                begun = time.monotonic()
                group.start_soon(change)
                await asyncore.loop(timeout, map=channels)
        return time.monotonic() - begun

    waited = LIBRARIES[library](main)
    assert wake or waited >= 0.5


@each_library
@needs_asyncore
def test_an_empty_map_ends_the_loop_and_a_cancelled_loop_leaves_its_map(library: str) -> None:
    from iomodels.bridge import asyncore

    async def main() -> list[int]:
        channels: dict[int, Any] = {}
        await asyncore.loop(map=channels)
        mine, theirs = socket.socketpair()
        channel = asyncore.dispatcher(mine, channels)
        channel.writable = lambda: False
        left = []
        with theirs:
            for close in (False, True):
                with anyio.move_on_after(0.01):
                    await asyncore.loop(map=channels, close=close)
                left.append(len(channels))
        return left

    assert LIBRARIES[library](main) == [1, 0]


class Waiting(socketserver.BaseRequestHandler):
    """It waits in the loop, for what its server has to wait for."""

    def handle(self) -> None:
        self.request.sendall(b"!")
        anyio.from_thread.run(self.server.wait)  # type: ignore[attr-defined]
        self.request.sendall(b"done")


@each_library
def test_at_the_end_a_call_into_the_loop_has_the_grace(library: str) -> None:
    heard = []

    async def main() -> None:
        stopping = anyio.Event()
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Waiting) as server:
            server.wait = stopping.wait  # type: ignore[attr-defined]
            async with anyio.create_task_group() as group:
                group.start_soon(lambda: bridge.serve(server=server))
                async with await anyio.connect_tcp(*server.server_address) as client:
                    assert await client.receive() == b"!"
                    group.cancel_scope.cancel()
                    with anyio.CancelScope(shield=True), anyio.move_on_after(SECONDS):
                        await anyio.sleep(0)
                        stopping.set()
                        heard.append(await client.receive())

    LIBRARIES[library](main)
    assert heard == [b"done"]


# Misuse.


find()
ROW = re.compile(r"^\| (\w+) \| (`+)( ?)(.+?)\3\2 \|", re.MULTILINE)
TEXTS = [f"{found[1]}: {found[4]}" for found in ROW.finditer(PAGE.partition("## Misuse\n")[2].partition("\n## ")[0])]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=needs_asyncore if name.startswith("asyncore_") else ()) for name in sorted(MISUSES)]
)
def test_a_misuse_raises_what_the_page_says(name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.guide.misuse.doing", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert len([text for text in TEXTS if shows(text, ended.stdout)]) == 1, ended.stdout + ended.stderr


def shows(text: str, came: str) -> bool:
    return doctest.OutputChecker().check_output(f"{text}\n", came, doctest.ELLIPSIS)


def test_each_row_of_the_page_is_a_misuse_that_is_done() -> None:
    assert len(TEXTS) == len(MISUSES) == len(set(TEXTS))
    kinds = {text.partition(":")[0] for text in TEXTS}
    assert {name for name in bridge.__all__ if issubclass_of_misuse(name)} <= kinds


def issubclass_of_misuse(name: str) -> bool:
    kind = getattr(bridge, name)
    return isinstance(kind, type) and issubclass(kind, bridge.Misuse)


def test_the_page_names_each_deadlock_and_the_test_of_it() -> None:
    tests = (ROOT / "tests" / "iomodels" / "bridge" / "test_deadlocks.py").read_text()
    for project, number in re.findall(r"def test_(asgiref|zeroconf)_(\d+)_", tests):
        assert re.search(rf"{project}/issues/{number}\)", PAGE), f"{project}#{number}"
