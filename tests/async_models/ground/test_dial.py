"""Calling a server from a loop: what keeps a connection from being made, and what the user is told."""

import errno
import os
import socket
from pathlib import Path
from typing import Any

import anyio
import pytest

from async_models.ground.dial import one_line
from async_models.ground.pooled import Connection
from async_models.ground.reaching import connect_any
from async_models.ground.terminal import Terminal
from models.ground.dial import ConnectError, Pooled
from models.ground.terminal import TerminalError
from tests.async_models.conftest import Library
from tests.models.ground.meeting import PATIENCE, receive, until


def bare(connection: Any) -> Any:
    """The socket of what `connect` returned."""
    return getattr(connection, "socket", connection)


@pytest.mark.anyio
async def test_who_finds_no_room_in_a_unix_sockets_backlog_waits_for_it_and_is_connected_then(
    library: Library, tmp_path: Path
) -> None:
    path = str(tmp_path / "s")
    made: list[Any] = []

    async def connect() -> None:
        made.append(bare(await library.ground("dial").connect(path, PATIENCE)))

    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)
        async with anyio.create_task_group() as group:
            group.start_soon(connect)
            await anyio.wait_all_tasks_blocked()
            assert made == []
            listener.accept()[0].close()
        with listener.accept()[0] as far:
            assert Pooled(made[0]).is_quiet()
            far.sendall(b"x")
            assert not Pooled(made[0]).is_quiet()
        made[0].close()


@pytest.mark.anyio
async def test_a_connection_to_oneself_is_a_refusal(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = gone.getsockname()

    class ByChance(socket.socket):
        """The free port that the kernel picks for it is the one that it calls."""

        def connect(self, address: Any) -> None:
            made.append(self)
            self.bind(address)
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            made.append(self)
            self.bind(address)
            return super().connect_ex(address)

    monkeypatch.setattr(socket, "socket", ByChance)
    with pytest.raises(ConnectError, match=r"^cannot connect to 127\.0\.0\.1:\d+: Connection refused$"):
        await library.ground("dial").connect(address, PATIENCE)
    assert [each.fileno() for each in made] == [-1]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("came", "reply", "whole"),
    [(b"YES\n", b"YES\n", True), (b"YES\nNO", b"YES\nNO", False), (b"YES\nNO\n", b"YES\nNO\n", False)],
)
async def test_a_reply_is_whole_when_nothing_follows_its_line(library: Library, came: bytes, reply: bytes, whole: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection: Connection[Any] = library.ground("dial").Connection(
            await library.ground("dial").connect(listener.getsockname(), PATIENCE)
        )
        with listener.accept()[0] as far:
            assert connection.is_quiet()
            far.sendall(came)
            until(lambda: not connection.is_quiet(), "it does not arrive")
            assert await connection.ask(b"well?\n") == reply
            assert (connection.whole, receive(far, 6)) == (whole, b"well?\n")
        connection.close()


@pytest.mark.anyio
async def test_of_several_addresses_the_first_that_answers_is_taken_and_otherwise_the_last_error_told(library: Library) -> None:
    ground = library.ground("dial")
    if library.name == "trio":
        pytest.skip("open_tcp_stream tries them")
    with socket.create_server(("127.0.0.1", 0)) as gone:
        refusing = (socket.AF_INET, socket.SOCK_STREAM, 0, "", gone.getsockname())
    unknown = (99, socket.SOCK_STREAM, 0, "", ())  # a family that no kernel has
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = (socket.AF_INET, socket.SOCK_STREAM, 0, "", listener.getsockname())
        with await connect_any([unknown, refusing, answering], ground._connect) as connection:
            assert connection.getpeername() == listener.getsockname()
    for targets, number in (([unknown, refusing], errno.ECONNREFUSED), ([refusing, unknown], errno.EAFNOSUPPORT)):
        with pytest.raises(OSError) as caught:  # noqa: PT011 - its number is looked at
            await connect_any(targets, ground._connect)
        assert caught.value.errno == number


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ExceptionGroup("", [ExceptionGroup("", [ConnectError("no way")]), OSError(errno.EPIPE, "x")]), 1, "no way"),
        (ExceptionGroup("", [OSError(errno.EPIPE, "Broken pipe")]), 1, "there: Broken pipe"),
        (ExceptionGroup("", [TerminalError("no terminal")]), 1, "no terminal"),
        (TimeoutError(), 1, "there: timed out"),
        (TimeoutError("silent"), 1, "there: silent"),
        (BaseExceptionGroup("", [OSError(), KeyboardInterrupt()]), 130, ""),
    ],
)
def test_of_what_failed_in_a_group_one_line_is_said(
    error: BaseException, status: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, one_line("there"):
        raise error
    assert ended.value.code == status
    assert capsys.readouterr().err.partition(": ")[2].rstrip("\n") == line


def test_a_mistake_in_the_code_is_not_made_a_line_of() -> None:
    with pytest.raises(ZeroDivisionError), one_line("there"):
        raise ExceptionGroup("", [ZeroDivisionError()])


def test_what_epoll_refuses_is_always_ready_and_what_it_takes_when_something_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard, typed = os.pipe()
    with os.fdopen(keyboard) as stdin, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        terminal = Terminal(typing=True)
        assert not terminal.poller.select(0)
        os.write(typed, b"x")
        assert terminal.poller.select(0)
    os.close(typed)
    with Path(os.devnull).open() as stdin, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        assert Terminal(typing=True).poller.select(0)
