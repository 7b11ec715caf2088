"""Where there is no epoll, the standard selector (kqueue) stands for it; here it is epoll in disguise, and behaves alike."""

import select as standard
import socket
from collections.abc import Iterator

import anyio
import pytest

from iomodels.bridge.polling import poll
from iomodels.bridge.readiness import interest, select
from iomodels.bridge.readiness.kernel import Portable
from iomodels.bridge.selector import Selector
from tests.iomodels.bridge.readiness_running import Run, each_library

SOON, LONG = 0.02, 60.0  # seconds; a test may not take so long: it hides no wake-up that is missed


@pytest.fixture(autouse=True)
def no_epoll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interest, "kernel", Portable)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


async def say(sock: socket.socket) -> None:
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    sock.send(b"x")


@each_library
def test_select(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        for listed in (near, near.fileno()):
            for _ in range(2):
                assert not any(await select([listed], [], [listed], SOON))
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(say, far)
                    assert await select([listed], [], [listed], LONG) == ([listed], [], [])
                assert await select([listed], [far], []) == ([listed], [far], [])
                near.recv(1)
        far.close()
        assert await select([near], [], []) == ([near], [], [])

    run(main)


@each_library
def test_selector(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        with Selector() as selector:
            key = selector.register(near, 1)
            assert await selector.select(SOON) == []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(say, far)
                assert await selector.select() == [(key, 1)]
            key = selector.modify(near, 3)
            assert await selector.select() == [(key, 3)]
            selector.unregister(near)
            assert await selector.select(SOON) == []
        with pytest.raises(ValueError, match="closed"):
            selector.register(near, 1)
        with pytest.raises(ValueError, match="closed"):
            await selector.select()

    run(main)


@each_library
def test_poll(run: Run, pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair

    async def main() -> None:
        poller = poll()
        for registered in (near, near.fileno()):
            poller.register(registered, standard.POLLIN)
            assert await poller.poll(20) == []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(say, far)
                assert await poller.poll() == [(near.fileno(), standard.POLLIN)]
            near.recv(1)

    run(main)
