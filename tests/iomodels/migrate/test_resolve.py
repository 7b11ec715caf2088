"""What names stand for: one snippet for each way in which a socket goes from where it is made to where it is used."""

import pytest

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Call, analyse

FOLLOWED = {
    "module": "import socket\ns = socket.socket()\ns.recv(1)",
    "alias of the module": "import socket as sk\ns = sk.socket()\ns.recv(1)",
    "from with alias": "from socket import socket as S\ns = S()\ns.recv(1)",
    "star": "from socket import *\ns = socket(AF_INET, SOCK_STREAM)\ns.recv(1)",
    "star after the module": "import socket\nfrom socket import *\ns = socket(AF_INET, SOCK_STREAM)\ns.recv(1)",
    "module before a star": "from socket import *\nimport socket\ns = socket.socket(AF_INET, SOCK_STREAM)\ns.recv(1)",
    "chain": "import socket\ns = t = socket.socket()\nu = t\nu.recv(1)",
    "unpacked": "import socket\nc, a = socket.socket().accept()\nc.recv(1)",
    "item of a pair": "import socket\np = socket.socket().accept()\np[0].recv(1)",
    "with": "import socket\nwith socket.create_connection(('h', 1)) as s:\n    s.recv(1)",
    "walrus": "import socket\nif (s := socket.socket()):\n    s.recv(1)",
    "list": "import socket\nl = [socket.socket()]\nfor s in l:\n    s.recv(1)",
    "append": "import socket\nl = []\nl.append(socket.socket())\nfor s in l:\n    s.recv(1)",
    "dict by key": "import socket\nd = {}\nd[1] = socket.socket()\nd[2].recv(1)",
    "dict values": "import socket\nd = {1: socket.socket()}\nfor s in d.values():\n    s.recv(1)",
    "dict items": "import socket\nd = {1: socket.socket()}\nfor k, s in d.items():\n    s.recv(1)",
    "pop": "import socket\nd = {1: socket.socket()}\nd.pop(1).recv(1)",
    "comprehension": "import socket\n[s.recv(1) for s in [socket.socket()]]",
    "starred": "import socket\na = [socket.socket()]\nfor s in [*a]:\n    s.recv(1)",
    "select": "import socket, select\ns = socket.socket()\nr, w, x = select.select([s], [], [])\nfor e in r:\n    e.recv(1)",
    "returned": "import socket\ndef make():\n    return socket.socket()\nmake().recv(1)",
    "returned as a pair": "import socket\ndef make():\n    s = socket.socket()\n    return s, 1\ns, n = make()\ns.recv(1)",
    "tls": "import socket, ssl\nssl.create_default_context().wrap_socket(socket.socket()).recv(1)",
    "attribute": (
        "import socket\nclass A:\n    def __init__(self):\n        self.s = socket.socket()\n"
        "    def go(self):\n        self.s.recv(1)"
    ),
    "attribute of a base": (
        "import socket\nclass A:\n    def __init__(self):\n        self.s = socket.socket()\n"
        "class B(A):\n    def go(self):\n        self.s.recv(1)"
    ),
    "global": "import socket\ns = None\ndef a():\n    global s\n    s = socket.socket()\ndef b():\n    s.recv(1)",
    "context manager": (
        "import contextlib, socket\n@contextlib.contextmanager\ndef make():\n    s = socket.socket()\n    yield s\n"
        "with make() as t:\n    t.recv(1)"
    ),
    "closure": "import socket\ndef a():\n    s = socket.socket()\n    def b():\n        s.recv(1)",
}
GIVEN = {  # through a parameter: others may call it as well
    "argument": "import socket\ndef f(s):\n    s.recv(1)\nf(socket.socket())",
    "keyword": "import socket\ndef f(*, s):\n    s.recv(1)\nf(s=socket.socket())",
    "two calls deep": "import socket\ndef g(t):\n    t.recv(1)\ndef f(s):\n    g(s)\nf(socket.socket())",
    "method": "import socket\nclass A:\n    def f(self, s):\n        s.recv(1)\nA().f(socket.socket())",
    "__init__": (
        "import socket\nclass A:\n    def __init__(self, s):\n        self.s = s\n"
        "    def f(self):\n        self.s.recv(1)\nA(socket.socket())"
    ),
    "__init__ of a base": (
        "import socket\nclass A:\n    def __init__(self, s):\n        self.s = s\nclass B(A):\n"
        "    def f(self):\n        self.s.recv(1)\nB(socket.socket())"
    ),
    "thread": "import socket, threading\ndef f(s):\n    s.recv(1)\nthreading.Thread(target=f, args=(socket.socket(),))",
    "start_new_thread": "import socket, _thread\ndef f(s):\n    s.recv(1)\n_thread.start_new_thread(f, (socket.socket(),))",
    "pool": "import socket\ndef f(s):\n    s.recv(1)\npool.submit(f, socket.socket())",
    "callback": (
        "import socket, selectors\ndef f(s):\n    s.recv(1)\n"
        "selectors.DefaultSelector().register(socket.socket(), selectors.EVENT_READ, f)"
    ),
    "a fixture of pytest": (
        "import pytest, socket\n@pytest.fixture(scope='module')\ndef wire():\n    s = socket.socket()\n    yield s\n"
        "def test_it(wire):\n    wire.recv(1)"
    ),
    "annotated": "import socket\ndef f(s: socket.socket):\n    s.recv(1)",
    "annotated as a string": "import socket\ndef f(s: 'socket.socket | None'):\n    s.recv(1)",
    "request": (
        "import socketserver\nclass H(socketserver.BaseRequestHandler):\n    def handle(self):\n        self.request.recv(1)"
    ),
}
STRANGERS = {
    "a generator": "def g():\n    x = yield\ng().send(1)",
    "no fixture": "import socket\ndef wire():\n    return socket.socket()\ndef test_it(wire):\n    wire.recv(1)",
    "multiprocessing": "from multiprocessing import Pipe\na, b = Pipe()\na.recv(1)",
    "another library": "import zmq\ns = zmq.Context().socket(zmq.REP)\ns.recv(1)",
    "gevent": "from gevent import socket\ns = socket.socket()\ns.recv(1)",
    "a file of zeromq": "import socket\nimport zmq\ndef f(sock):\n    sock.recv(1)",
    "no socket imported": "def f(conn):\n    conn.recv(1)",
    "a class of one's own": "class socket:\n    def recv(self, n):\n        pass\nsocket().recv(1)",
}


def last_call(text: str, name: str = "recv") -> Call:
    """The call of that method in a text."""
    return next(call for call in analyse(text, "snippet.py").calls if call.last == name)


@pytest.mark.parametrize("text", FOLLOWED.values(), ids=FOLLOWED)
def test_a_socket_is_followed(text: str) -> None:
    call = last_call(text)
    assert call.names == {"socket.socket.recv"}
    assert call.confidence is Confidence.CERTAIN or "None" in text or "select" in text or "import *" in text


@pytest.mark.parametrize("text", GIVEN.values(), ids=GIVEN)
def test_a_socket_that_comes_through_a_parameter_is_likely(text: str) -> None:
    call = last_call(text)
    assert "socket.socket.recv" in call.names
    assert call.confidence in (Confidence.LIKELY, Confidence.CERTAIN)


@pytest.mark.parametrize("text", STRANGERS.values(), ids=STRANGERS)
def test_what_is_no_socket_is_none(text: str) -> None:
    assert "socket.socket.recv" not in last_call(text, "send" if ".send(" in text else "recv").names


def test_a_name_that_sockets_have_is_a_guess_where_socket_is_imported() -> None:
    call = last_call("import socket\ndef f(sock):\n    sock.recv(1)")
    assert call.names == {"socket.socket.recv"}
    assert call.confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    "text",
    [
        "import socket\nx = x.recv(1)",
        "import socket\ndef f(a):\n    return f(a)\nf(1).recv(1)",
        "import socket\na, b = b, a\na.recv(1)",
        "import socket\nclass A(A):\n    def f(self):\n        self.s = self.s\n        self.s.recv(1)",
        "import socket\nx = [x, [x]]\nfor x in x:\n    x.recv(1)",
    ],
)
def test_circles_end(text: str) -> None:
    assert last_call(text).names == frozenset()


def test_who_is_above_a_class_is_known_through_this_file_and_through_others() -> None:
    text = "import app.base\nclass B(app.base.A):\n    pass\nclass C(B):\n    pass\n"
    module = analyse(text, "x.py", elsewhere={"app.base.A": ("asyncore.dispatcher",)})
    assert module.ancestors(module.classes[1]) == {".B", "app.base.A", "asyncore.dispatcher"} - {"app.base.A"} | {"app.base.A"}


def test_relative_imports_are_resolved() -> None:
    module = analyse("from .base import A\nclass B(A):\n    pass\n", "app/net/x.py", name="app.net.x")
    assert module.ancestors(module.classes[0]) == {"app.net.base.A"}


def test_calls_are_found_by_name_in_the_order_of_the_file() -> None:
    module = analyse(
        "from socket import socket as S, create_connection as cc\nb = cc(1)\na = S()\na.send(b'')\nb.send(b'')\n", "x.py"
    )
    assert [call.node.lineno for call in module.called("socket.socket.send")] == [4, 5]
    assert [call.node.lineno for call in module.called("socket.")] == [2, 3, 4, 5]
    assert module.makes(["socket.create_connection"])
    assert not module.makes(["socket.socket.recv"])


def test_what_is_asked_for_something_that_no_socket_has_is_none() -> None:
    text = "import socket\nclass A:\n    def f(self):\n        self.sock.recv(1)\n        print(self.sock.{})\n"
    assert last_call(text.format("family")).names
    assert not last_call(text.format("closed")).names
