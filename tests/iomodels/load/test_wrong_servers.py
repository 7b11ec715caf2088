"""The generator on servers that do not do what they must: what it says, and that it counts nothing then."""

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from iomodels import catalogue
from iomodels.contract.server import Server, free_port
from iomodels.load.connect import complain
from iomodels.load.generator import Generator
from iomodels.load.spec import LimitError, LoadError, Spec
from tests.iomodels.load.serving import BRIEF, LOOPS, Handler, load, reading, serving, upper


@pytest.fixture(scope="module")
def epoll() -> Iterator[Server]:
    server = catalogue.find("sockets/epoll").launch("upper").start()
    yield server
    server.stop()


def complaint(handle: Handler, **spec: Any) -> str:
    """What is said about a server."""
    with serving(handle) as port, pytest.raises(LoadError) as refused:
        load(port, 100.0, **spec)
    text = str(refused.value).replace(str(port), "PORT")
    assert "\n" not in text
    return text


def spoiling(connection: socket.socket, spoil: Any, after: int = 6) -> None:
    """Right at first, and then what `spoil` makes of it."""
    for number, data in enumerate(reading(connection)):
        reply = data.upper()
        connection.sendall(reply if number < after else spoil(reply))


@pytest.mark.parametrize("spec", LOOPS)
def test_a_wrong_byte_is_named_and_ends_the_load(spec: dict[str, Any]) -> None:
    text = complaint(partial(spoiling, spoil=lambda reply: reply[:40] + b"?" + reply[41:]), **spec)
    assert text.startswith("wrong at byte 40 of a reply: owed ")
    assert "?" in text


@pytest.mark.parametrize("spec", LOOPS)
def test_a_stale_reply_is_a_wrong_one(spec: dict[str, Any]) -> None:
    def stale(connection: socket.socket) -> None:
        first = b""
        for number, data in enumerate(reading(connection)):
            first = first or data.upper()[:64]
            connection.sendall(data.upper() if number < 3 else first * (len(data) // 64))

    assert complaint(stale, **spec).startswith("wrong at byte ")


def test_last_words_that_nobody_asked_for_are_found() -> None:
    def says_goodbye(connection: socket.socket) -> None:
        upper(connection)
        connection.sendall(b"BYE")

    with serving(says_goodbye) as port, pytest.raises(LoadError, match="the server sent b'BYE' after its last reply"):
        load(port)


def test_a_reply_too_many_is_found() -> None:
    assert "after its" in complaint(partial(spoiling, spoil=lambda reply: reply + b"!"))
    assert "after its" in complaint(partial(spoiling, spoil=lambda reply: reply * 2), pipeline=2)


@pytest.mark.parametrize("spec", LOOPS)
def test_a_server_that_ends_connections(spec: dict[str, Any]) -> None:
    def ends(connection: socket.socket) -> None:
        for number, data in enumerate(reading(connection)):
            if number == 6:
                return
            connection.sendall(data.upper())

    text = complaint(ends, **spec)
    assert text == "the server reset a connection" or text.startswith("the server closed a connection")


@pytest.mark.parametrize("spec", [{}, {"rate": 50.0}])
def test_a_server_that_ends_idle_connections(spec: dict[str, Any]) -> None:
    served = iter(range(1000))
    lock = threading.Lock()

    def ends(connection: socket.socket) -> None:
        with lock:
            number = next(served)
        if number == 6:  # after one that asks once, and five that ask again and again
            connection.sendall(connection.recv(64).upper())
            busy.wait(10)
            return
        for turn, data in enumerate(reading(connection)):
            connection.sendall(data.upper())
            if turn == 3:
                busy.set()

    busy = threading.Event()
    assert complaint(ends, idle=1, **spec) == "the server closed a connection"


def test_slow_connections_that_a_server_ends_are_made_anew_and_told() -> None:
    def impatient(connection: socket.socket) -> None:
        for data in reading(connection):
            if len(data) < 64:
                return
            connection.sendall(data.upper())

    with serving(impatient) as port:
        outcome = load(port, 0.3, slow_writers=2)
    assert outcome.dropped >= 2
    assert outcome.requests > 5


def test_a_server_that_takes_no_more_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take_ten() -> None:
            for _ in range(10):
                connection, _ = listener.accept()
                with connection:
                    upper(connection)
            listener.close()

        thread = threading.Thread(target=take_ten)
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(LoadError, match=f"^nothing is listening on 127.0.0.1:{port}$|^the server reset a connection$"):
            load(port, 100.0, connections=1, per_connection=1)
        thread.join()


def test_no_port_is_left_for_another_connection() -> None:
    error = complain(Spec("h", 1), errno.EADDRNOTAVAIL)
    assert isinstance(error, LimitError)
    assert "sudo sysctl net.ipv4.ip_local_port_range=" in str(error)


def test_nothing_is_listening() -> None:
    port = free_port()
    with pytest.raises(LoadError, match=f"^nothing is listening on 127.0.0.1:{port}$"):
        load(port)
    with pytest.raises(LoadError, match=r"^no host is called nobody\.invalid: "), Generator(Spec("nobody.invalid", 80)):
        pass


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("resp", "wrong at byte 0 of a reply: owed "),
        ("http", "wrong at byte 0 of a reply: owed b'HTTP/1.1 200', came b'POST / HTTP/'"),
    ],
)
def test_the_wrong_service_is_named(epoll: Server, service: str, words: str) -> None:
    with pytest.raises(LoadError) as refused:
        load(epoll.port, service=service)
    assert str(refused.value).startswith(f"127.0.0.1:{epoll.port} does not answer as `{service}` does: {words}")


def http_server(connection: socket.socket, reply: Any) -> None:
    """One whose replies `reply` makes, of the request's first word."""
    for data in reading(connection):
        for request in data.split(b"\r\n\r\n")[:-1]:
            with contextlib.suppress(BrokenPipeError):
                connection.sendall(reply(request.split()[0]))


def test_an_http_server_that_has_no_post_is_asked_with_get() -> None:
    def reply(method: bytes) -> bytes:
        if method == b"POST":
            return b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\nDate: %f\r\nContent-Length: 5\r\n\r\nhello" % time.monotonic()

    with serving(partial(http_server, reply=reply)) as port:
        spec = Spec("127.0.0.1", port, service="http", connections=3, warm_up=0.0, pipeline=2)
        with Generator(spec) as generator:
            assert generator.remarks == [
                "POST / is answered 405, so it is GET /: each body is compared with the first one, of 5 bytes"
            ]
            assert generator.run(BRIEF).requests > 5
            generator.finish()


def test_an_http_server_whose_body_changes_is_wrong() -> None:
    bodies = iter([b"hello"] * 20 + [b"hallo"] * 1000)

    def reply(_: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + next(bodies)

    text = complaint(partial(http_server, reply=reply), service="http", get="/")
    assert text == "wrong at byte 1 of a body: owed b'hello', came b'hallo'"


def test_an_http_server_that_ends_each_connection_is_told_how_to_be_loaded() -> None:
    def once(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")

    assert "load it with --per-connection 1" in complaint(once, service="http", get="/")
    with serving(once) as port:
        assert load(port, service="http", get="/", per_connection=1).requests > 5
