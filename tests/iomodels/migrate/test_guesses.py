"""What is taken for a socket by its name, where nobody says what it is; and what is not, though it has such a method."""

from textwrap import dedent

import pytest

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import analyse


def named(call: str) -> tuple[frozenset[str], Confidence]:
    """What is called, in a function whose parameters are known to nobody."""
    text = f"import socket\ndef f(sock, conn, thing, data):\n    {call}\n"
    made = analyse(text, "sample.py").calls[-1]
    return made.names, made.confidence


@pytest.mark.parametrize(
    "call", ["sock.recv(100)", "sock.sendall(data)", "sock.connect(data)", "sock.accept()", "conn.recv(9)", "sock.send(b'x')"]
)
def test_a_name_that_sockets_have_is_possibly_one(call: str) -> None:
    names, confidence = named(call)
    assert {name.rpartition(".")[0] for name in names} == {"socket.socket"}
    assert confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    "call",
    [
        "thing.recv(100)",
        "sock.connect()",
        "sock.send('text')",
        "sock.send([data])",
        "sock.send(f'{data}')",
        "sock.send(None)",
        "conn.send(data, to=data)",
        "conn.send(data)",
        "conn.connect(data)",
        "sock.accept(data)",
        "sock.fetch()",
    ],
)
def test_what_is_called_otherwise_than_a_socket_is_none(call: str) -> None:
    assert named(call)[0] == frozenset()


def test_a_connection_that_is_used_as_a_socket_elsewhere_is_one() -> None:
    module = analyse("import socket\ndef f(conn, data):\n    conn.send(data)\n    conn.recv(100)\n", "sample.py")
    assert module.calls[0].names == {"socket.socket.send"}


def test_beside_multiprocessing_something_must_be_done_that_sockets_alone_do() -> None:
    text = "import multiprocessing, socket\ndef f(conn, pipe, sock, data):\n    {}\n"
    used = analyse(text.format("sock.send(data); sock.shutdown(socket.SHUT_RD)"), "sample.py")
    assert used.calls[0].names == {"socket.socket.send"}
    alone = analyse(text.format("sock.send(data); sock.recv()"), "sample.py")
    assert alone.calls[0].names == frozenset()


def test_a_file_that_knows_no_sockets_has_none() -> None:
    module = analyse("def f(sock):\n    sock.recv(100)\n", "sample.py")
    assert module.calls[0].names == frozenset()


BASE = """\
import socket
from elsewhere import Base

class Client(Base):
    def read(self):
        return self.sock.recv(100)

    def name(self):
        return self.label.recv(100)
"""


def test_an_attribute_that_a_class_elsewhere_has_set_is_told_by_its_name() -> None:
    module = analyse(dedent(BASE), "sample.py")
    recv, other = module.calls
    assert recv.names == {"socket.socket.recv"}
    assert recv.confidence is Confidence.POSSIBLE
    assert "socket.socket.recv" not in other.names
