"""What the fixtures cannot say of IOM301 to IOM312: all of them in one place, and what a call must be to count."""

import ast

import pytest

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import Module, analyse
from iomodels.migrate.rule import Group, Spot, all_rules

HEAD = """\
import asyncio, asyncore, queue, select, selectors, socket, socketserver, subprocess, threading, time

sock = socket.socket()
server = socketserver.TCPServer(("", 0), None)
selector = selectors.DefaultSelector()
process = subprocess.Popen(["true"])
thread = threading.Thread(target=print)
jobs = queue.Queue()
lock = threading.Lock()
event = threading.Event()

"""
# Nine, of which the linters of today see one, and the others of the same kind.
BLOCKING = {
    "sock.recv(4096)": "IOM301",
    "sock.accept()": "IOM302",
    "sock.sendall(b'')": "IOM303",
    "sock.connect(('', 1))": "IOM304",
    "socket.create_connection(('', 1))": "IOM304",
    "socket.getaddrinfo('localhost', 1)": "IOM305",
    "select.select([sock], [], [])": "IOM306",
    "selector.select()": "IOM306",
    "server.serve_forever()": "IOM307",
    "asyncore.loop()": "IOM307",
    "time.sleep(1)": "IOM308",
    "process.wait()": "IOM309",
    "process.communicate()": "IOM309",
    "subprocess.run(['true'])": "IOM309",
    "thread.join()": "IOM310",
    "jobs.get()": "IOM311",
    "lock.acquire()": "IOM312",
    "event.wait()": "IOM312",
}
CALLS = tuple(BLOCKING)


def found(text: str) -> list[tuple[str, int]]:
    """The blocking calls that are found, as code and line."""
    return sorted((code, line(spot)) for code, spot in spots(analyse(text, "example.py")))


def line(spot: Spot) -> int:
    assert isinstance(spot.node, ast.expr)
    return spot.node.lineno


def spots(module: Module) -> list[tuple[str, Spot]]:
    rules = [rule for rule in all_rules() if rule.group is Group.BLOCKING]
    return [(rule.code, spot) for rule in rules for spot in rule.check(module)]


def lines(*calls: str) -> str:
    return "".join(f"    {call}\n" for call in calls)


def expected(first: int) -> list[tuple[str, int]]:
    return sorted((code, first + number) for number, code in enumerate(BLOCKING.values()))


def test_every_blocking_call_in_one_coroutine_is_found() -> None:
    text = HEAD + "async def everything():\n" + lines(*CALLS)
    assert found(text) == expected(HEAD.count("\n") + 2)


def test_every_blocking_call_is_found_through_one_helper() -> None:
    helpers = "".join(f"def helper_{number}():\n    return {call}\n" for number, call in enumerate(CALLS))
    text = HEAD + helpers + "async def everything():\n" + lines(*(f"helper_{number}()" for number in range(len(CALLS))))
    assert found(text) == expected((HEAD + helpers).count("\n") + 2)


def test_every_blocking_call_is_found_through_a_method() -> None:
    methods = "".join(f"    def helper_{number}(self):\n        return {call}\n" for number, call in enumerate(CALLS))
    calls = "".join(f"        self.helper_{number}()\n" for number in range(len(CALLS)))
    text = HEAD + "class Client:\n" + methods + "    async def everything(self):\n" + calls
    assert found(text) == expected((HEAD + methods).count("\n") + 3)


def test_two_levels_down_is_not_looked_at() -> None:
    text = HEAD + "def inner():\n    time.sleep(1)\n\ndef outer():\n    inner()\n\nasync def main():\n    outer()\n"
    assert found(text) == []


@pytest.mark.parametrize("call", CALLS)
def test_nothing_blocks_a_loop_in_a_plain_function(call: str) -> None:
    assert found(HEAD + "def plain():\n" + lines(call)) == []


@pytest.mark.parametrize("call", CALLS)
def test_nothing_blocks_in_a_function_that_is_only_defined_in_a_coroutine(call: str) -> None:
    text = HEAD + f"async def main():\n    def work():\n        return {call}\n    await asyncio.to_thread(work)\n"
    assert found(text) == []


@pytest.mark.parametrize("call", CALLS)
def test_a_lambda_blocks_only_where_it_is_called(call: str) -> None:
    assert found(HEAD + f"async def main():\n    await asyncio.to_thread(lambda: {call})\n") == []


@pytest.mark.parametrize("call", CALLS)
def test_what_is_awaited_does_not_block(call: str) -> None:
    assert found(HEAD + f"async def main():\n    await {call}\n    await asyncio.wait_for({call}, 1)\n") == []


@pytest.mark.parametrize("patch", ["from gevent import monkey", "import eventlet", "import gevent.monkey"])
def test_nothing_blocks_in_a_patched_module(patch: str) -> None:
    assert found(f"{patch}\n{HEAD}async def main():\n" + lines(*CALLS)) == []


def test_a_helper_that_is_given_a_non_blocking_socket_does_not_block() -> None:
    helper = "def read(s):\n    return s.recv(1)\n\n"
    body = "async def main():\n    s = socket.socket()\n    s.setblocking(False)\n    return read(s)\n"
    assert found(HEAD + helper + body) == []
    assert [code for code, _ in found(HEAD + helper + body.replace("s.setblocking(False)", "s.listen()"))] == ["IOM301"]


def test_the_text_of_a_helper_says_what_it_calls_and_where() -> None:
    module = analyse(HEAD + "def pause():\n    time.sleep(1)\n\nasync def main():\n    pause()\n", "example.py")
    [(_, spot)] = spots(module)
    assert spot.text == f"pause() blocks the loop: it calls time.sleep() in line {HEAD.count(chr(10)) + 2}"


def test_a_socket_from_a_parameter_is_no_more_than_likely() -> None:
    text = "import socket\n\nasync def read(sock):\n    return sock.recv(1)\n"
    [(code, spot)] = spots(analyse(text, "example.py"))
    assert (code, spot.confidence) == ("IOM301", Confidence.POSSIBLE)


def test_a_connection_of_another_library_is_not_taken_for_a_socket() -> None:
    assert found("import socket\n\nasync def tell(conn, event):\n    conn.send(event)\n    client.connect()\n") == []


def test_a_plain_function_blocks_before_what_it_returns_is_awaited() -> None:
    helper = "def later():\n    time.sleep(1)\n    return asyncio.sleep(0)\n\n"
    assert [code for code, _ in found(HEAD + helper + "async def main():\n    await later()\n")] == ["IOM308"]


def test_a_socket_that_was_awaited_does_not_block() -> None:
    text = HEAD + "async def read(trio):\n    await trio.lowlevel.wait_readable(sock)\n    return sock.recv(1)\n"
    assert found(text) == []
    assert [code for code, _ in found(text.replace("wait_readable", "checkpoint"))] == ["IOM301"]


def test_a_method_without_arguments_is_no_method_of_sockets() -> None:
    assert found(HEAD + "async def main():\n    sock.send()\n    sock.recv()\n") == []
