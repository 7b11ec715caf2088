"""The conversation of the clients, where a program cannot be brought to have all at once."""

import os
import selectors
import socket
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from async_models.ground.terminal import Terminal
from tests.async_models.conftest import Library
from tests.models.ground.meeting import PATIENCE

pytestmark = pytest.mark.anyio


def stream_of(connection: socket.socket, library: Library) -> Any:
    """What its Talk has for a server."""
    if library.name != "trio":
        return connection
    import trio

    return trio.SocketStream(trio.socket.from_stdlib_socket(connection))


async def test_what_a_server_said_before_it_went_is_shown_although_sending_fails_first(
    library: Library, capfd: pytest.CaptureFixture[str]
) -> None:
    near, far = socket.socketpair()
    near.setblocking(False)
    keyboard, typed = os.pipe()
    os.write(typed, b"more")
    last_words = "last words, " * 8_000  # more than is read at once
    far.sendall(last_words.encode())
    far.close()
    terminal = Terminal(typing=False)
    terminal.keyboard = keyboard
    terminal.poller.register(keyboard, selectors.EVENT_READ)
    with near, pytest.raises(Exception, match="Broken pipe") as caught:  # all three are ready in the first turn
        await library.model("client").Talk(stream_of(near, library), terminal, b"hello", PATIENCE).run()
    assert isinstance(caught.value.__cause__ if library.name == "trio" else caught.value, BrokenPipeError)
    assert capfd.readouterr() == (last_words, "")
    os.close(keyboard)
    os.close(typed)


async def test_who_listens_to_a_server_that_does_not_pause_gives_way_to_the_others(library: Library) -> None:
    turns = 0
    seen_in: list[int] = []

    class Screen(Terminal):
        def show(self, _: bytes) -> None:
            seen_in.append(turns)

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    near, far = socket.socketpair()
    near.setblocking(False)
    far.sendall(bytes(160_000))  # there before anybody listens: more than is read at once
    far.close()
    with near:
        async with anyio.create_task_group() as group:
            group.start_soon(take_turns)
            await library.model("client").Talk(stream_of(near, library), Screen(typing=False), b"", PATIENCE).listen()
            group.cancel_scope.cancel()
    assert len(seen_in) >= 3
    assert seen_in[-1] > seen_in[0]
