"""The awaited `select` answers what the standard one answers and raises what it raises, the second time too."""

import fcntl
import os
import select as standard
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from iomodels.bridge.readiness import select
from tests.iomodels.bridge.readiness_running import Run, each_library

Asked = tuple[Any, Any, Any]


class Stage:
    """What a scene opens."""

    def __init__(self, opened: ExitStack, folder: Path) -> None:
        self.opened, self.folder = opened, folder

    def pair(self) -> tuple[socket.socket, socket.socket]:
        near, far = socket.socketpair()
        return self.opened.enter_context(near), self.opened.enter_context(far)

    def connected(self) -> tuple[socket.socket, socket.socket]:
        """Two ends of a TCP connection."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            near = self.opened.enter_context(socket.create_connection(listener.getsockname()))
            return near, self.opened.enter_context(listener.accept()[0])

    def pipe(self) -> tuple[Any, Any]:
        read, write = os.pipe()
        return self.opened.enter_context(open(read, "rb", 0)), self.opened.enter_context(open(write, "wb", 0))  # noqa: PTH123


class Named:
    """An object with a descriptor, of no class that is known."""

    def __init__(self, of: Any) -> None:
        self.of = of

    def fileno(self) -> Any:
        return self.of if isinstance(self.of, (int, str)) else self.of.fileno()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with ExitStack() as opened:
        yield Stage(opened, tmp_path)


def readable(stage: Stage) -> tuple[socket.socket, socket.socket]:
    near, far = stage.pair()
    far.send(b"x")
    return near, far


def nothing(_: Stage) -> Asked:
    return [], [], []


def idle(stage: Stage) -> Asked:
    near, far = stage.pair()
    return [near, far], [], [near]


def one_of_two(stage: Stage) -> Asked:
    near, far = readable(stage)
    return [far, near], [], []


def order_of_the_lists(stage: Stage) -> Asked:
    pairs = [readable(stage) for _ in range(5)]
    ends = [end for pair in pairs for end in pair]
    return ends[::-1], ends[3:] + ends[:3], ends


def numbers(stage: Stage) -> Asked:
    near, far = readable(stage)
    return [near.fileno(), far.fileno()], [far.fileno()], []


def objects(stage: Stage) -> Asked:
    near, far = readable(stage)
    return [Named(near), Named(far)], [Named(far.fileno())], []


def all_sorts(stage: Stage) -> Asked:
    near, far = readable(stage)
    other, _ = readable(stage)
    return [other, near.fileno(), Named(far)], [far, Named(near)], [other.fileno()]


def listed_twice(stage: Stage) -> Asked:
    near, far = readable(stage)
    return [near, far, near, near.fileno()], [near, near], []


def one_object_in_all_lists(stage: Stage) -> Asked:
    near, _ = readable(stage)
    return [near], [near], [near]


def other_sequences(stage: Stage) -> Asked:
    near, far = readable(stage)
    return (near, far), {far}, {near: 1}.keys()


def full(stage: Stage) -> Asked:
    near, far = stage.pair()
    near.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            near.send(bytes(65536))
    return [near, far], [near, far], []


def out_of_band(stage: Stage) -> Asked:
    near, far = stage.connected()
    far.send(b"!", socket.MSG_OOB)
    standard.select([], [], [near], 10)
    return [near], [near], [near, far]


def out_of_band_beside_data(stage: Stage) -> Asked:
    near, far = stage.connected()
    far.send(b"some")
    far.send(b"!", socket.MSG_OOB)
    standard.select([], [], [near], 10)
    return [near, far], [], [far, near]


def ended(stage: Stage) -> Asked:
    near, far = stage.connected()
    far.close()
    return [near], [near], [near]


def ended_both_ways(stage: Stage) -> Asked:
    near, far = stage.connected()
    near.shutdown(socket.SHUT_WR)
    far.close()
    standard.select([near], [], [], 10)
    return [near], [near], [near]


def ended_exceptional_alone(stage: Stage) -> Asked:
    near, far = stage.pair()
    far.close()
    return [], [], [near]


def reset(stage: Stage) -> Asked:
    near, far = stage.connected()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far.close()
    standard.select([near], [], [], 10)
    return [near], [near], [near]


def refused(stage: Stage) -> Asked:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    near = stage.opened.enter_context(socket.socket())
    near.setblocking(False)
    near.connect_ex(address)
    standard.select([], [near], [], 10)
    return [near], [near], [near]


def never_connected(stage: Stage) -> Asked:
    near = stage.opened.enter_context(socket.socket())
    return [near], [near], [near]


def never_connected_exceptional_alone(stage: Stage) -> Asked:
    near, far = stage.pair()
    return [far], [], [near, stage.opened.enter_context(socket.socket())]


def listening(stage: Stage) -> Asked:
    idle_one = stage.opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    busy = stage.opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    stage.opened.enter_context(socket.create_connection(busy.getsockname()))
    return [idle_one, busy], [idle_one, busy], [idle_one, busy]


def pipe_without_writer(stage: Stage) -> Asked:
    read, write = stage.pipe()
    write.close()
    return [read], [read], [read]


def pipe_without_writer_to_be_written(stage: Stage) -> Asked:
    read, write = stage.pipe()
    write.close()
    return [], [read], []


def pipe_without_reader(stage: Stage) -> Asked:
    read, write = stage.pipe()
    read.close()
    return [write], [write], [write]


def file_on_a_disk(stage: Stage) -> Asked:
    path = stage.folder / "file"
    path.write_text("text")
    file = stage.opened.enter_context(path.open())
    return [file], [file], [file]


def file_exceptional_alone(stage: Stage) -> Asked:
    return [], [], [stage.opened.enter_context(Path(__file__).open())]


def file_beside_an_idle_socket(stage: Stage) -> Asked:
    return [stage.pair()[0]], [stage.opened.enter_context(Path(__file__).open())], []


def device(stage: Stage) -> Asked:
    null = os.open(os.devnull, os.O_RDWR)
    stage.opened.callback(os.close, null)
    return [null], [null], [null]


def beyond_1023(stage: Stage) -> Asked:
    near, far = readable(stage)
    high = [socket.socket(fileno=fcntl.fcntl(end, fcntl.F_DUPFD, 1100)) for end in (near, far)]
    for each in high:
        stage.opened.enter_context(each)
    return [*high, near], [*high, high[0].fileno()], high


def closed_socket(stage: Stage) -> Asked:
    near, far = readable(stage)
    far.close()
    return [near, far], [], []


def closed_number(stage: Stage) -> Asked:
    near, far = readable(stage)
    number = fcntl.fcntl(far, fcntl.F_DUPFD, 900)  # high, or the loop would be given it
    os.close(number)
    return [near.fileno()], [number], []


def negative(_: Stage) -> Asked:
    return [], [-1], []


def no_descriptor(stage: Stage) -> Asked:
    return [stage.pair()[0]], ["x"], []


def name_for_a_number(_: Stage) -> Asked:
    return [], [], [Named("fileno")]


def no_list(_: Stage) -> Asked:
    return 1, [], []


SCENES: list[Callable[[Stage], Asked]] = [
    each for each in vars().values() if getattr(each, "__annotations__", {}).get("return") == Asked
]


def outcome(error: BaseException) -> tuple[Any, ...]:
    return type(error), getattr(error, "errno", None)


def say(asked: Asked, timeout: float) -> Any:
    try:
        if beyond(asked):
            return beyond_the_standard(asked)
        return standard.select(*asked, timeout)
    except (OSError, ValueError, TypeError) as error:
        return outcome(error)


def beyond(asked: Asked) -> bool:
    return any(
        isinstance(each, socket.socket) and each.fileno() > 1023 for given in asked if isinstance(given, list) for each in given
    )


def beyond_the_standard(asked: Asked) -> Any:
    near = asked[0][2]
    high = asked[2]
    assert standard.select([near], [near], [near], 0) == ([near], [near], [])
    return [high[0], near], [*high, high[0].fileno()], []


async def say_awaited(asked: Asked, timeout: float | None) -> Any:
    try:
        return await select(*asked, timeout)
    except (OSError, ValueError, TypeError) as error:
        return outcome(error)


@each_library
@pytest.mark.parametrize("scene", SCENES, ids=[scene.__name__ for scene in SCENES])
def test_it_answers_as_the_standard_function(scene: Callable[[Stage], Asked], run: Run, stage: Stage) -> None:
    asked = scene(stage)
    expected = say(asked, 0)

    async def main() -> None:
        assert await say_awaited(asked, 0) == expected
        for _ in range(3):
            assert await say_awaited(asked, 0.02) == expected
        assert await say_awaited(asked, 0) == expected
        if any(expected):
            assert await say_awaited(asked, None) == expected

    run(main)


@each_library
@pytest.mark.parametrize("timeout", ["x", -1, -0.001, float("nan"), float("inf"), 1e30, [], -float("inf")])
def test_a_timeout_is_checked_as_there(timeout: Any, run: Run) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)) as there:
        standard.select([], [], [], timeout)

    async def main() -> None:
        with pytest.raises(there.type):
            await select([], [], [], timeout)

    run(main)


@each_library
def test_what_happens_during_the_wait_ends_it(run: Run, stage: Stage) -> None:
    (near, far), (other, _) = stage.connected(), stage.pair()

    steps: list[tuple[Asked, bytes, int, Any]] = [
        (([other, near], [], []), b"x", 0, ([near], [], [])),
        (([other], [], [near]), b"!", socket.MSG_OOB, ([], [], [near])),
    ]

    async def main() -> None:
        for asked, data, flags, answer in steps * 3:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(later, partial(far.send, data, flags))
                assert await select(*asked) == answer
            assert near.recv(9, flags) == data

    run(main)


async def later(act: Callable[[], object]) -> None:
    for _ in range(5):
        await anyio.lowlevel.checkpoint()
    act()
