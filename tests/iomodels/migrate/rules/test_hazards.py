"""What the fixtures cannot say of IOM201 to IOM211: their texts, their confidence, and modules that must be whole."""

import ast

import pytest

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import analyse
from iomodels.migrate.received import receives, uses
from iomodels.migrate.rule import Spot, rule_called
from iomodels.migrate.uses import Use


def spots(code: str, text: str) -> list[Spot]:
    return list(rule_called(code).check(analyse(text, "example.py")))


def placed(spot: Spot) -> ast.expr | ast.stmt:
    assert isinstance(spot.node, ast.expr | ast.stmt)
    return spot.node


def lines(code: str, text: str) -> list[int]:
    return [placed(spot).lineno for spot in spots(code, text)]


# What becomes of received bytes


def used(body: str) -> set[Use]:
    text = "import socket\ndef read(sock: socket.socket, rest, f):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    module = analyse(text, "example.py")
    [call] = receives(module)
    return {use for use, _ in uses(module, call)} - {Use.NAMED}


@pytest.mark.parametrize(
    ("body", "use"),
    [
        ("if sock.recv(9): pass", Use.TESTED),
        ("data = sock.recv(9)\nwhile not data: pass", Use.TESTED),
        ("data = sock.recv(9)\nassert len(data) > 0", Use.TESTED),
        ("data = sock.recv(9)\nif len(data) < 9: raise EOFError", Use.MEASURED),
        ("verb, _, _ = sock.recv(9).partition(b' ')", Use.PARSED),
        ("if sock.recv(9) == b'quit': pass", Use.PARSED),
        ("f[sock.recv(9)]()", Use.PARSED),
        ("rest = 'from ' + sock.recv(9)", Use.PARSED),
        ("sock.recv(9).decode()", Use.DECODED),
        ("print('got', sock.recv(9))", Use.SAID),
        ("print(f'got {sock.recv(9)}')", Use.SAID),
        ("rest += sock.recv(9)", Use.GATHERED),
        ("rest = rest + sock.recv(9)", Use.GATHERED),
        ("rest.append(sock.recv(9))", Use.GATHERED),
        ("f.feed(sock.recv(9))", Use.FED),
        ("sock.sendall(sock.recv(9))", Use.SENT),
        ("f(sock.recv(9))", Use.GIVEN),
        ("return sock.recv(9)", Use.LEFT),
        ("rest.data = sock.recv(9)", Use.LEFT),
    ],
)
def test_uses_of_what_is_received(body: str, use: Use) -> None:
    assert use in used(body)


def test_what_is_sent_on_has_no_other_use() -> None:
    assert used("data = sock.recv(9)\nsock.sendall(data)") == {Use.SENT}


def test_bytes_are_followed_into_a_function_that_calls_itself() -> None:
    text = "import socket\ndef act(data):\n    act(data)\n    return data == b'x'\n"
    assert lines("IOM202", text + "def read(s: socket.socket):\n    act(s.recv(9))\n") == [6]


# The rules


def test_recv_as_message_names_the_line_that_takes_it_so() -> None:
    text = "import socket\ndef read(s: socket.socket):\n    data = s.recv(9)\n    print()\n    return data.split()\n"
    assert [spot.text for spot in spots("IOM202", text)] == ["what one recv returns is taken for a whole message in line 5"]


def test_dispatcher_with_send_keeps_what_was_not_sent() -> None:
    text = "import asyncore\nclass Base(asyncore.{}):\n    pass\nclass Echo(Base):\n"
    text += "    def handle_read(self):\n        self.send(b'ab')\n"
    assert lines("IOM201", text.format("dispatcher")) == [6]
    assert lines("IOM201", text.format("dispatcher_with_send")) == []


def test_a_connection_whose_origin_is_unknown_needs_more_than_its_name() -> None:
    text = "import socket\ndef tell(conn):\n    conn.send(b'hello')\n"
    assert lines("IOM201", text) == []
    [spot] = spots("IOM201", text + "    return conn.recv(9)\n")
    assert spot.confidence is Confidence.POSSIBLE


def test_bare_except_says_what_a_cancellation_would_meet() -> None:
    text = "import socket\ndef tell(s: socket.socket):\n    try:\n        s.recv(9)\n    except{}:\n        pass\n"
    [bare] = spots("IOM205", text.format(""))
    [named] = spots("IOM205", text.format(" Exception"))
    assert "cancellation" in bare.text
    assert "cancellation" not in named.text
    assert (placed(bare).lineno, placed(bare).col_offset, placed(bare).end_col_offset) == (5, 4, 10)


LOOP = """\
import select, socket
listener = socket.create_server(("", 0))
watched = [listener]
while True:
    for sock in select.select(watched, [], [])[0]:
        if sock is listener:
            connection, _ = listener.accept()
            {}
            watched.append(connection)
        else:
            sock.sendall(sock.recv(9))
"""


@pytest.mark.parametrize(
    "unblocked", ["connection.setblocking(False)", "connection.setblocking(0)", "connection.settimeout(0.0)"]
)
def test_a_connection_that_is_made_non_blocking_is_right(unblocked: str) -> None:
    assert lines("IOM206", LOOP.format("pass")) == [7]
    assert lines("IOM206", LOOP.format("connection.settimeout(5)")) == [7]
    assert lines("IOM206", LOOP.format(unblocked)) == []


def test_a_connection_that_goes_to_a_thread_is_not_in_the_loop() -> None:
    text = LOOP.replace("import select", "import threading, select").replace("watched.append(connection)", "start(connection)")
    text += "def start(c):\n    threading.Thread(target=print, args=(c,)).start()\n"
    assert lines("IOM206", text.format("pass")) == []


def test_a_connection_may_have_the_name_of_its_listener() -> None:
    text = LOOP.replace("connection", "listener")
    assert lines("IOM206", text.format("pass")) == [7]
    assert lines("IOM206", text.format("listener.setblocking(False)")) == []


def test_a_listener_that_is_non_blocking_makes_no_connection_so() -> None:
    assert lines("IOM206", LOOP.format("listener.setblocking(False)")) == [7]


THREADS = """\
import socketserver
seen = {{}}
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        seen[self.client_address] = 1
        self.server.count += 1
        self.mine = 1
class Server({}socketserver.TCPServer):
    count = 0
"""


def test_handlers_of_socketserver_share_state_only_with_threads() -> None:
    assert lines("IOM207", THREADS.format("socketserver.ThreadingMixIn, ")) == [5, 6]
    assert lines("IOM207", THREADS.format("")) == []


def test_a_lock_that_every_caller_holds_guards() -> None:
    text = """\
import threading
lock = threading.Lock()
count = 0
def add():
    global count
    count += 1
def work():
    with lock:
        add()
for _ in range(9):
    threading.Thread(target=work).start()
"""
    assert lines("IOM207", text) == []
    assert lines("IOM207", text.replace("with lock", "if lock")) == [6]


def test_socket_options_say_which_are_set_anyway() -> None:
    text = "import socket\ns = socket.socket()\ns.setsockopt(socket.{}, socket.{}, 1)\n"
    [keepalive] = spots("IOM208", text.format("SOL_SOCKET", "SO_KEEPALIVE"))
    [reuse] = spots("IOM208", text.format("SOL_SOCKET", "SO_REUSEADDR"))
    assert keepalive.text == "SO_KEEPALIVE of the socket: a rewrite must set it again"
    assert "by themselves" in reuse.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import asyncore\n", "asyncore was removed in Python 3.12"),
        ("try:\n    import smtpd\nexcept ImportError:\n    smtpd = None\n", "the except clause in line 3 is taken"),
        ("import sys\nif sys.version_info < (3, 12):\n    import asynchat\n", "the condition in line 2 looks at the version"),
        ("try:\n    pass\nexcept ImportError:\n    import asyncore\n", "asyncore was removed in Python 3.12"),
    ],
)
def test_removed_modules_say_whether_the_code_is_ready(text: str, says: str) -> None:
    [spot] = spots("IOM211", text)
    assert spot.text.endswith(says)


@pytest.mark.parametrize("code", [f"IOM2{number:02}" for number in range(1, 12)])
def test_an_empty_module_has_no_hazard(code: str) -> None:
    assert spots(code, "") == []


def test_places_can_be_underlined() -> None:
    text = rule_called("IOM205").example
    for spot in spots("IOM205", text):
        assert placed(spot).end_lineno == placed(spot).lineno
