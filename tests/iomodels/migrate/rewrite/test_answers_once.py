"""Event loops that answer once: a request, the reply, the end; and those that look like one and are left alone."""

from pathlib import Path
from socket import SHUT_WR

import pytest

from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.test_behaviour import FORMS, INPUTS, connected, exchange, started

HANGS_UP = (INPUTS / "event_loop_answers_once.py").read_text()
ARM = HANGS_UP[HANGS_UP.index("            elif event & select.EPOLLHUP") : HANGS_UP.index("finally:")]
READING = HANGS_UP[
    HANGS_UP.index("            elif event & select.EPOLLIN") : HANGS_UP.index("            elif event & select.EPOLLOUT")
]
REST = "                    epoll.modify(fileno, 0)\n                    connections[fileno].shutdown(socket.SHUT_RDWR)\n"
AT_ONCE = HANGS_UP.replace(ARM, "").replace(
    REST,
    """\
                    epoll.unregister(fileno)
                    connections[fileno].shutdown(socket.SHUT_RDWR)
                    connections[fileno].close()
                    del connections[fileno], requests[fileno], responses[fileno]
""",
)
ASKS = "                    epoll.modify(fileno, select.EPOLLOUT)  # the reply comes next\n"
GREETING = 'response += b"Hello, world!"'
LARGE = AT_ONCE.replace(GREETING, GREETING + " * 100_000")
REPLY = b"Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"


@FORMS
def test_each_is_answered_once_and_hears_the_end(target: Target | None, tmp_path: Path) -> None:
    with started(HANGS_UP, target, tmp_path) as server, connected(server) as slow, connected(server) as half:
        slow.sendall(b"GET /slow\r")
        half.sendall(b"GET /ha")
        half.shutdown(SHUT_WR)  # it is never answered, and nobody looks for the end of its input
        connected(server).close()
        assert exchange(server.port, b"GET /quick\r\n\r\n").endswith(REPLY)
        with connected(server) as talks:  # what is not received resets the connection, behind the reply and its end
            talks.sendall(b"GET /more\r\n\r\n".ljust(5000, b"x"))
            assert b"".join(iter(lambda: talks.recv(65536), b"")).endswith(REPLY)
        slow.sendall(b"\n\r\n")
        assert b"".join(iter(lambda: slow.recv(65536), b"")).endswith(REPLY)
        half.setblocking(False)
        with pytest.raises(BlockingIOError):
            half.recv(1)
        said = [each for each in server.rest_of_output().split() if each.startswith(b"/")]
        assert [each.partition(b"x")[0] for each in said] == [b"/quick", b"/more", b"/slow"]


@FORMS
def test_a_reply_that_takes_many_turns_comes_whole(target: Target | None, tmp_path: Path) -> None:
    with started(LARGE, target, tmp_path) as server, connected(server) as first:
        first.sendall(b"GET /\n\n")
        first.recv(1)
        assert exchange(server.port, b"GET /\n\n").endswith(b"Hello, world!" * 100_000)
        assert b"".join(iter(lambda: first.recv(65536), b"")).endswith(b"Hello, world!" * 100_000)


SENDS = HANGS_UP[HANGS_UP.index("                byteswritten = ") : HANGS_UP.index(REST)]


MOVES = {
    "a test of the end of input": (
        "                requests[fileno] += connections[fileno].recv(1024)\n",
        """\
                data = connections[fileno].recv(1024)
                if not data:
                    epoll.unregister(fileno)
                    connections[fileno].close()
                    del connections[fileno], requests[fileno], responses[fileno]
                    continue
                requests[fileno] += data
""",
    ),
    "a reply that is made of the request": (
        ASKS,
        "                    responses[fileno] = requests[fileno].upper()\n" + ASKS,
    ),
    "something is said at the end": (ARM, ARM + '                print("closed")\n'),
    "a failing connection has the same arm": ("& select.EPOLLHUP", "& (select.EPOLLHUP | select.EPOLLERR)"),
}


@pytest.mark.parametrize(("old", "new"), MOVES.values(), ids=MOVES)
def test_in_other_words_it_moves_as_well(old: str, new: str) -> None:
    assert old in HANGS_UP
    text = HANGS_UP.replace(old, new)
    if "upper" in new:
        text = text.replace("responses[connection.fileno()] = response\n", 'responses[connection.fileno()] = b""\n')
    done = rewrite(text, "p.py", Target.TRIO)
    assert not done.refusals
    assert "await connection.send_eof()\n                await connection.aclose()" in done.text
    assert done.text.count('print("closed")') == text.count('print("closed")')


def test_a_reply_that_is_sent_in_one_call_waits_for_the_whole_request_too() -> None:
    once = "                connections[fileno].send(responses[fileno])\n" + REST.replace(" " * 20, " " * 16)
    done = rewrite(HANGS_UP.replace(SENDS + REST, once), "p.py", Target.TRIO)
    assert any("now all of it goes" in change.text for change in done.changes)
    assert done.text == (INPUTS.parent / "expected" / "event_loop_answers_once.trio.py").read_text()


EPOLL = (INPUTS / "event_loop_epoll.py").read_text()
WAITS = "            poller.modify(fd, select.EPOLLOUT)\n"


@pytest.mark.parametrize(
    ("test", "moves"),
    [
        ("owed[fd]", True),
        ("owed[fd] or finished[fd]", True),
        ('b"\\n" in owed[fd]', False),
        ("owed[fd] and finished[fd]", False),
        ("not owed[fd]", False),
    ],
)
def test_output_must_be_waited_for_whenever_something_is_owed(test: str, moves: bool) -> None:
    text = EPOLL.replace(WAITS, f"            if {test}:\n    {WAITS}")
    done = rewrite(text, "p.py", Target.TRIO)
    assert bool(done.changes) == moves
    assert moves or [refusal.code for refusal in done.refusals] == ["IOM921"]
    assert moves or f"output is waited for when `{test}`" in done.refusals[0].text


LEFT_ALONE = {
    "nothing closes it": (ARM, "", "IOM925", "nothing known closes it"),
    "it hangs up when the client does": ("SHUT_RDWR", "SHUT_WR", "IOM925", "open until the client hangs up"),
    "it is unregistered when it is closed": (
        ARM,
        ARM.replace("                epoll.unregister(fileno)\n", "").replace(
            ".close()\n", ".close()\n                epoll.unregister(fileno)\n"
        ),
        "IOM925",
        "nothing known closes it",
    ),
    "more input is received meanwhile": (
        "(fileno, select.EPOLLOUT)",
        "(fileno, select.EPOLLIN | select.EPOLLOUT)",
        "IOM924",
        "",
    ),
    "it sends from the beginning": (
        "connection.fileno(), select.EPOLLIN",
        "connection.fileno(), select.EPOLLIN | select.EPOLLOUT",
        "IOM924",
        "",
    ),
    "it hangs up before it is read": (READING, ARM + READING, "IOM924", ""),
    "it is read again": (
        REST,
        "                    epoll.modify(fileno, select.EPOLLIN)\n",
        "IOM921",
        "output is waited for when",
    ),
    "something is done at each event": (ARM, ARM + '            print("event")\n', "IOM924", ""),
    "the replies may change": (
        "\nepoll = ",
        "\n\ndef more():\n    global response\n    response += b'!'\n\n\nepoll = ",
        "IOM924",
        "owed from",
    ),
    "what was sent is told": ("[byteswritten:]\n", "[byteswritten:]\n                print(byteswritten)\n", "IOM924", ""),
    "what is asked for is received": (ASKS, ASKS + "                    print(connections[fileno].recv(10))\n", "IOM924", ""),
    "connections are counted": (ARM, ARM + "                print(len(connections))\n", "IOM903", "`connections`"),
    "what has left is counted": (
        "    epoll.close()\n",
        "    epoll.close()\n    print(len(requests))\n",
        "IOM903",
        "`requests`",
    ),
    "another is told to wait for room": (
        "modify(fileno, select.EPOLLOUT)",
        "modify(max(connections), select.EPOLLOUT)",
        "IOM924",
        "",
    ),
    "the descriptor becomes another": (ASKS, "                    fileno = fileno + 1\n" + ASKS, "IOM920", "becomes another"),
    "a line makes a table and does more": (
        "    connections = {}\n",
        '    connections = {}; print("ready")\n',
        "IOM920",
        '`print("ready")`',
    ),
    "all is sent when something is left": ("[fileno]) == 0", "[fileno]) != 0", "IOM924", ""),
}


@pytest.mark.parametrize(("old", "new", "code", "reason"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_it_is_left_alone_and_said_why(old: str, new: str, code: str, reason: str) -> None:
    assert old in HANGS_UP
    changed = HANGS_UP.replace(old, new) if old != READING else HANGS_UP.replace(ARM, "").replace(old, new)
    done = rewrite(changed, "changed.py", Target.TRIO)
    assert done.text == changed
    assert any(refusal.code == code and reason in refusal.text for refusal in done.refusals)
