"""What findings say, where one rule says several things: the advice must fit what was found."""

import pytest

from iomodels.migrate.finding import Confidence
from iomodels.migrate.module import analyse
from iomodels.migrate.rule import Spot, rule_called

HEAD = "import asyncore, errno, select, selectors, socket, threading, time\n"


def spots(code: str, text: str) -> list[Spot]:
    return list(rule_called(code).check(analyse(HEAD + text, "example.py")))


def indented(*lines: str) -> str:
    return "def f(sock: socket.socket, given):\n" + "".join(f"    {line}\n" for line in lines)


SAYS = {
    "IOM202 the line of the first look": (
        "IOM202",
        indented("data = sock.recv(99)", "if data == b'a': pass", "if data == b'b': pass"),
        "message in line 4",
    ),
    "IOM208 datagrams": (
        "IOM208",
        indented(
            "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "u.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)"
        ),
        "create_datagram_endpoint",
    ),
    "IOM208 a group": (
        "IOM208",
        indented("sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, given)"),
        "create_datagram_endpoint",
    ),
    "IOM208 a client": (
        "IOM208",
        indented("c = socket.socket()", "c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)", "c.connect(given)"),
        "of one that connects",
    ),
    "IOM208 a listener": (
        "IOM208",
        indented("c = socket.socket()", "c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)", "c.listen()"),
        "on their listeners by themselves",
    ),
    "IOM109 a poll": ("IOM109", indented("select.select([sock], [], [], 0)"), "a poll, which no timeout can take the place of"),
    "IOM120 not the counter": (
        "IOM120",
        indented(
            "while given != 0:",
            "    if done():",
            "        return",
            "    if given > 0:",
            "        given -= 1",
            "    time.sleep(1)",
        ),
        "looks at done()",
    ),
    "IOM120 what ends the loop": (
        "IOM120",
        indented(
            "while True:",
            "    with given:",
            "        size = len(given)",
            "        if size < 3:",
            "            break",
            "    time.sleep(1)",
        ),
        "looks at size < 3",
    ),
    "IOM120 what is asked": (
        "IOM120",
        indented("while given and asked(given) != 1:", "    time.sleep(1)"),
        "looks at asked(given) != 1",
    ),
    "IOM210 among others": (
        "IOM210",
        "RETRY = [errno.EINTR, errno.EAGAIN]\n"
        + indented("try:", "    sock.recv(1)", "except OSError as e:", "    if e.errno not in RETRY: raise"),
        "what is done for them must stay",
    ),
    "IOM105 a dispatcher": (
        "IOM105",
        "class D(asyncore.dispatcher_with_send):\n    def handle_read(self):\n        self.send(self.recv(9))\n",
        "send on a dispatcher, which keeps what does not fit",
    ),
    "IOM105 no stream": (
        "IOM105",
        indented("u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "u.connect(given)", "u.send(given)"),
        "send on a socket that is no stream",
    ),
    "IOM105 a stream, though its name is that of datagrams elsewhere": (
        "IOM105",
        indented(
            "if given:",
            "    u = socket.create_connection(given)",
            "    u.sendall(b'')",
            "else:",
            "    u = socket.socket(2, socket.SOCK_DGRAM)",
        ),
        "sendall on a socket",
    ),
    "IOM105 either": (
        "IOM105",
        indented(
            "if given:",
            "    u = socket.socket(2, socket.SOCK_STREAM)",
            "else:",
            "    u = socket.socket(2, socket.SOCK_DGRAM)",
            "if given:",
            "    u.connect(given)",
            "    u.sendall(b'')",
        ),
        "sendall on a socket",
    ),
    "IOM111 the loop is not here": (
        "IOM111",
        indented("ready = select.select(given, [], [], 1)[0]", "return [one.recv(1) for one in ready]"),
        "the loop is elsewhere, if there is one",
    ),
    "IOM112 the loop is not here": (
        "IOM112",
        (
            "s = selectors.DefaultSelector()\ndef add(one):\n    s.register(one, 1)\n"
            "def turn():\n    return [k for k, e in s.select()]\n"
        ),
        "registered in line 4: the loop is elsewhere",
    ),
}


@pytest.mark.parametrize("case", SAYS.values(), ids=SAYS)
def test_a_finding_says_what_fits(case: tuple[str, str, str]) -> None:
    code, text, says = case
    [spot] = spots(code, text)
    assert says in spot.text
    assert ("no stream" in spot.text) == ("no stream" in says)


def test_a_look_in_another_function_or_before_the_recv_gets_no_line() -> None:
    helper = "def look(data):\n    return data.split()\n"
    [spot] = spots("IOM202", helper + indented("data = sock.recv(99)", "look(data)"))
    assert spot.text.endswith("a whole message")
    loop = indented(
        "data = b''", "while True:", "    if data == b'quit': break", "    print(given)", "    data = sock.recv(99)"
    )
    [spot] = spots("IOM202", loop)
    assert spot.text.endswith("a whole message")


@pytest.mark.parametrize(("code", "text"), [(SAYS[name][0], SAYS[name][1]) for name in SAYS if "not here" in name])
def test_a_wait_without_its_loop_is_only_possible(code: str, text: str) -> None:
    assert [spot.confidence for spot in spots(code, text)] == [Confidence.POSSIBLE]


LOOP = """\
poller = select.poll()
sockets = {}
def main():
    while True:
        for fd, event in poller.poll():
            sock = sockets[fd]
            if event & 4:
                BEFORE
                poller.register(fd)
            elif not sock.recv(9):
                sock.close()
                AFTER
"""


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("pass", "poller.unregister(fd)", "unregistered in line 13, after the close"),
        ("poller.unregister(fd)", "pass", "not unregistered before, though line 9 unregisters"),
        ("pass", "pass", "this file never unregisters"),
    ],
)
def test_a_close_says_where_the_poller_is_told(before: str, after: str, says: str) -> None:
    [spot] = spots("IOM204", LOOP.replace("BEFORE", before).replace("AFTER", after))
    assert spot.text.endswith(says)
