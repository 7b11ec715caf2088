"""The awaited loop calls what asyncore's own loop calls: the same handlers in the same order, turn by turn, and ends alike."""

import os
import pty
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from iomodels.bridge import asyncore
from iomodels.bridge.asyncore import interest
from iomodels.bridge.asyncore.original import original
from iomodels.bridge.readiness.kernel import Portable
from tests.iomodels.bridge.asyncore_libraries import Run, each_library

HANDLERS = (
    "readable",
    "writable",
    "handle_read",
    "handle_write",
    "handle_expt",
    "handle_close",
    "handle_accept",
    "handle_connect",
)


class Stage:
    """A map with dispatchers that write down what is called, and what a scenario opened."""

    def __init__(self, opened: ExitStack, folder: Path) -> None:
        self.map: dict[int, Any] = {}
        self.log: list[str] = []
        self.opened = opened
        self.folder = folder

    def pair(self, kind: socket.SocketKind = socket.SOCK_STREAM) -> tuple[socket.socket, socket.socket]:
        near, far = socket.socketpair(socket.AF_UNIX, kind)
        return self.opened.enter_context(near), self.opened.enter_context(far)

    def connected(self) -> tuple[socket.socket, socket.socket]:
        """Two ends of a TCP connection."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            near = socket.create_connection(listener.getsockname())
            far, _ = listener.accept()
        return self.opened.enter_context(near), self.opened.enter_context(far)

    def add(self, name: str, sock: socket.socket, **does: Any) -> Any:
        return self.watch(name, original.dispatcher(sock, self.map), **does)

    def watch(self, name: str, channel: Any, **does: Any) -> Any:
        """Write down what is called of a dispatcher; does: what a method does or says, a function or a value."""
        for method in HANDLERS:
            setattr(channel, method, partial(self._called, name, method, does.get(method, method == "readable")))
        channel.log_info = lambda message, kind="info": self.log.append(f"{name} {kind}: {message.split(' ')[0]}")
        return channel

    def _called(self, name: str, method: str, does: Any) -> Any:
        self.log.append(f"{name} {method}")
        return does() if callable(does) else does


Scenario = Callable[[Stage], None]


def several_ready(stage: Stage) -> None:
    for name in "abc":
        near, far = stage.pair()
        channel = stage.add(name, near, writable=name != "b")
        channel.handle_read = partial(channel.recv, 10)
        far.send(b"x")


def nothing_wanted(stage: Stage) -> None:
    near, far = stage.pair()
    stage.add("a", near, readable=False)
    far.send(b"x")


def nothing_ready(stage: Stage) -> None:
    stage.add("a", stage.pair()[0])


def hung_up(stage: Stage) -> None:
    for name, wants in (("reads", "readable"), ("writes", "writable")):
        near, far = stage.pair()
        stage.add(name, near, **{"readable": False, "writable": False, wants: True})
        far.close()


def half_closed(stage: Stage) -> None:
    near, far = stage.pair()
    stage.add("a", near)
    far.shutdown(socket.SHUT_WR)


def reset(stage: Stage) -> None:
    near, far = stage.connected()
    stage.add("a", near, handle_read=lambda: near.recv(1))
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far.close()


def refused(stage: Stage) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        channel = original.dispatcher(map=stage.map)
        channel.create_socket()
        stage.opened.callback(channel.socket.close)
        stage.watch("a", channel, writable=True)
        channel.connect(unheard.getsockname())


def unconnected(stage: Stage) -> None:
    channel = original.dispatcher(map=stage.map)
    channel.create_socket()
    stage.opened.callback(channel.socket.close)
    stage.watch("a", channel, writable=True)


def connecting(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        channel = original.dispatcher(map=stage.map)
        channel.create_socket()
        stage.opened.callback(channel.socket.close)
        stage.watch("a", channel, writable=lambda: not channel.connected)
        channel.connect(listener.getsockname())
        stage.opened.enter_context(listener.accept()[0])


def urgent(stage: Stage) -> None:
    for name, wants in (("reads", "readable"), ("writes", "writable")):
        near, far = stage.connected()
        stage.add(name, near, **{"readable": False, "writable": False, wants: True})
        far.send(b"!", socket.MSG_OOB)


def listening(stage: Stage) -> None:
    listener = stage.opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    for name, wants in (("door", "readable"), ("shut", "writable")):
        door = stage.add(name, listener.dup(), **{"readable": False, "writable": False, wants: True})
        stage.opened.callback(door.socket.close)
        door.accepting = True
    stage.opened.enter_context(socket.create_connection(listener.getsockname()))


def closed_without_a_word(stage: Stage) -> None:
    near, far = stage.pair()
    channel = stage.add("a", near, handle_read=near.close)
    channel.handle_close = channel.del_channel
    far.send(b"x")


def regular_file(stage: Stage) -> None:
    path = stage.folder / "file"
    path.write_bytes(b"spam")
    descriptor = os.open(path, os.O_RDONLY)
    channel = original.file_dispatcher(descriptor, stage.map)
    os.close(descriptor)
    stage.opened.callback(channel.socket.close)
    stage.watch("a", channel, writable=True)


def pipes(stage: Stage) -> None:
    for name, wants in (("reads", "readable"), ("writes", "writable")):
        ends = os.pipe()
        channel = original.file_dispatcher(ends[0], stage.map)
        stage.opened.callback(channel.socket.close)
        for end in ends:
            os.close(end)
        stage.watch(name, channel, **{"readable": False, "writable": False, wants: True})


def terminal_gone(stage: Stage) -> None:
    master, slave = pty.openpty()
    channel = original.file_dispatcher(master, stage.map)
    stage.opened.callback(channel.socket.close)
    os.close(master)
    os.close(slave)
    stage.watch("a", channel)


def closes_another(stage: Stage) -> None:
    channels: list[Any] = []
    for name in "abc":
        near, far = stage.pair()
        channels.append(stage.add(name, near, handle_read=lambda: channels[1].close(), writable=name == "b"))
        far.send(b"x")


def closes_itself(stage: Stage) -> None:
    near, far = stage.pair()
    channel: Any = stage.add("a", near, handle_read=lambda: channel.close(), writable=True)
    far.send(b"x")


def adds_another(stage: Stage) -> None:
    near, far = stage.pair()
    second, its_far = stage.pair()
    stage.add("a", near, handle_read=lambda: stage.add("b", second) and near.recv(1))
    far.send(b"x")
    its_far.send(b"x")


def raising(error: BaseException) -> Scenario:
    def scenario(stage: Stage) -> None:
        for name in "abc":
            near, far = stage.pair()
            stage.add(name, near, handle_read=failing if name == "b" else None, writable=name == "b", handle_write=failing)
            far.send(b"x")

    def failing() -> None:
        raise error

    scenario.__name__ = f"raising_{type(error).__name__}"
    return scenario


def readable_raises(stage: Stage) -> None:
    stage.add("a", stage.pair()[0], readable=lambda: 1 // 0)


def readable_acts(stage: Stage) -> None:
    asked: list[None] = []

    def readable() -> bool:
        asked.append(None)
        if len(asked) == 3:
            channel.close()
            return False
        return True

    channel = stage.add("a", stage.pair()[0], readable=readable)


def datagrams(stage: Stage) -> None:
    near, far = stage.pair(socket.SOCK_DGRAM)
    stage.add("a", near, handle_read=lambda: near.recv(10))
    far.send(b"")
    far.send(b"x")


SCENARIOS: list[Scenario] = [
    *(several_ready, nothing_wanted, nothing_ready, hung_up, half_closed, reset, refused, unconnected, connecting, urgent),
    *(listening, closed_without_a_word, regular_file, pipes, terminal_gone, closes_another, closes_itself, adds_another),
    *(readable_raises, readable_acts, datagrams),
    *map(raising, (ValueError(), ConnectionResetError(104, "reset"), OSError(5, "EIO"))),
    *map(raising, (asyncore.ExitNow(), KeyboardInterrupt(), SystemExit(3))),
]


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[Callable[[], Stage]]:
    with ExitStack() as opened:
        yield lambda: Stage(opened, tmp_path)


def ended(loop: Callable[[], object]) -> str:
    try:
        loop()
    except BaseException as error:
        return repr(error)
    return "returned"


def compare(run: Run, use_poll: bool, scenario: Scenario, stages: Callable[[], Stage]) -> None:
    classic, awaited = stages(), stages()
    options: dict[str, Any] = {"timeout": 0.01, "use_poll": use_poll, "count": 4}
    scenario(classic)
    end = ended(partial(original.loop, map=classic.map, **options))
    scenario(awaited)
    awaited_end = ended(partial(run, partial(asyncore.loop, map=awaited.map, **options)))
    assert (awaited.log, awaited_end, len(awaited.map)) == (classic.log, end, len(classic.map))
    assert classic.log


each_way = pytest.mark.parametrize("use_poll", [False, True], ids=["select", "poll"])
each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)


@each_library
@each_way
@each_scenario
def test_same(run: Run, use_poll: bool, scenario: Scenario, stages: Callable[[], Stage]) -> None:
    compare(run, use_poll, scenario, stages)


@each_way
@each_scenario
def test_same_where_there_is_no_epoll(
    use_poll: bool, scenario: Scenario, stages: Callable[[], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interest, "kernel", Portable)
    compare(anyio.run, use_poll, scenario, stages)
