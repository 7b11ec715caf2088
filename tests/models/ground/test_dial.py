import socket

import pytest

from models.ground.dial import ConnectError, Connection, connect
from tests.models.ground.meeting import receive, until


def test_a_connection_to_oneself_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    def by_chance(address: tuple[str, int], timeout: float | None) -> socket.socket:
        """What create_connection does, when the free port that the kernel picks is the one that is called."""
        made.append(socket.socket())
        made[0].settimeout(timeout)
        made[0].bind(address)
        made[0].connect(address)
        return made[0]

    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = ("127.0.0.1", gone.getsockname()[1])
    monkeypatch.setattr(socket, "create_connection", by_chance)
    with pytest.raises(ConnectError, match=r"^cannot connect to 127\.0\.0\.1:\d+: Connection refused$"):
        connect(address, 10)
    assert made[0].fileno() == -1


def test_one_that_is_reset_at_once_is_a_connection_whose_first_use_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = socket.socketpair()

    class Reset(socket.socket):
        def getpeername(self) -> object:
            raise OSError(107, "Transport endpoint is not connected")

    monkeypatch.setattr(socket, "create_connection", lambda *_: Reset(fileno=near.detach()))
    with far, connect(("127.0.0.1", 1), 10) as connection:
        far.sendall(b"x")
        assert receive(connection, 1) == b"x"


@pytest.mark.parametrize(
    ("came", "reply", "whole"),
    [(b"YES\n", b"YES\n", True), (b"YES\nNO", b"YES\nNO", False), (b"YES\nNO\n", b"YES\nNO\n", False)],
)
def test_a_reply_is_whole_when_nothing_follows_its_line(came: bytes, reply: bytes, whole: bool) -> None:
    near, far = socket.socketpair()
    with near, far:
        connection = Connection(near)
        assert connection.is_quiet()
        far.sendall(came)
        until(lambda: not connection.is_quiet(), "it does not arrive")
        assert connection.ask(b"well?\n") == reply
        assert (connection.whole, receive(far, 6)) == (whole, b"well?\n")


def test_a_reply_that_is_cut_off_is_an_error_and_not_whole() -> None:
    near, far = socket.socketpair()
    with near:
        connection = Connection(near)
        far.sendall(b"YE")
        far.shutdown(socket.SHUT_WR)
        with far, pytest.raises(ConnectionResetError, match=r"^it ended before its reply did$"):
            connection.ask(b"well?\n")
        assert not connection.whole
