"""Chats on select: in its turn one connection writes to the others, and no other turn comes between its writes."""

import struct
from contextlib import ExitStack, suppress
from pathlib import Path
from socket import SO_LINGER, SO_RCVBUF, SOL_SOCKET, socket
from textwrap import indent
from threading import Thread

import pytest

from iomodels.contract.server import TRACEBACK, Server
from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.test_behaviour import FORMS, INPUTS, PATIENCE, connected, running, started
from tests.iomodels.migrate.rewrite.test_chat import heard

LENGTH = 3 << 20
TUTORIAL = (INPUTS / "event_loop_chat.py").read_text()

CHAT = """
import select
import socket
import sys

server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
watched = [server]
names = {}

while True:
    readable, _, _ = select.select(watched, [], [])
    for ready in readable:
        if ready is server:
            client, address = server.accept()
            watched.append(client)
            names[client] = b"%d " % address[1]
        else:
            data = ready.recv(16384)
            if not data:
                watched.remove(ready)
                del names[ready]
                ready.close()
                continue
            for other in names:
                if other is not ready:
                    other.sendall(data)
"""
LOOP = CHAT[CHAT.index("            for other") :]
TO_ONE = "            for name in {}:\n                ready.sendall(name)\n"
HELPER = """def broadcast(speaker, data):
    for other in {}:
        if other is not server and other is not speaker:
            {}


while True:"""
BY_A_FUNCTION = CHAT.replace(LOOP, "            broadcast(ready, data)\n")


def frame(data: bytes) -> bytes:
    return b"%-10d" % len(data) + data


def narrow(server: Server) -> socket:
    """A client for which the kernel keeps little, so that who writes to it soon waits."""
    client = socket()
    client.settimeout(PATIENCE)
    client.setsockopt(SOL_SOCKET, SO_RCVBUF, 65536)
    client.connect(("127.0.0.1", server.port))
    return client


def joined(stack: ExitStack, server: Server, name: bytes) -> socket:
    """A client that is one of the room."""
    client = stack.enter_context(narrow(server))
    client.sendall(frame(name))
    server.rest()
    return client


@FORMS
def test_what_one_says_all_the_others_hear(target: Target | None, tmp_path: Path) -> None:
    with running("event_loop_chat", target, tmp_path) as server, ExitStack() as stack:
        ann, bob, eve, odd = (joined(stack, server, name) for name in (b"ann", b"bob", b"eve", b"odd"))
        for text in (b"hello", b"", b"again"):
            ann.sendall(frame(text))
            assert all(heard(each, frame(b"ann") + frame(text)) for each in (bob, eve, odd))
        odd.sendall(b"-5        ")
        eve.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        eve.close()
        server.rest()
        stack.enter_context(connected(server)).sendall(b"no number ")
        late = joined(stack, server, b"late")
        bob.sendall(frame(b"hi"))
        assert heard(ann, frame(b"bob") + frame(b"hi"))
        assert heard(late, frame(b"bob") + frame(b"hi"))
        assert odd.recv(1) == b""


def hear(client: socket, got: bytearray, size: int) -> None:
    with suppress(OSError):
        while len(got) < size and (data := client.recv(65536)):
            got += data


@FORMS
def test_while_one_does_not_read_all_wait_and_then_hear_the_same(target: Target | None, tmp_path: Path) -> None:
    with started(CHAT, target, tmp_path) as server, ExitStack() as stack:
        first, slow, last, ann, bob = (stack.enter_context(narrow(server)) for _ in range(5))
        server.rest()
        got: dict[socket, bytearray] = {each: bytearray() for each in (first, slow, last, ann, bob)}
        both = [Thread(target=each.sendall, args=(letter * LENGTH,)) for each, letter in ((ann, b"a"), (bob, b"b"))]
        both += [Thread(target=hear, args=(each, got[each], LENGTH)) for each in (ann, bob)]
        both += [Thread(target=hear, args=(each, got[each], 2 * LENGTH)) for each in (first, last)]
        for thread in both:
            thread.start()
        late = stack.enter_context(connected(server))  # it may come in the midst of a turn
        Thread(target=hear, args=(late, bytearray(), 2 * LENGTH), daemon=True).start()
        server.rest()
        assert len(got[first]) < 2 * LENGTH
        hear(slow, got[slow], 2 * LENGTH)
        for thread in both:
            thread.join()
        assert len(got[slow]) == 2 * LENGTH
        assert got[first] == got[slow] == got[last]
        assert set(got[ann]) == {ord("b")}


@FORMS
def test_a_write_that_fails_ends_the_server(target: Target | None, tmp_path: Path) -> None:
    with started(CHAT, target, tmp_path) as server, narrow(server) as slow, narrow(server) as ann:
        server.rest()
        saying = Thread(target=say_until_lost, args=(ann,))
        saying.start()
        server.rest()
        slow.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        slow.close()
        saying.join(PATIENCE)
        assert not saying.is_alive()
        assert server.wait(PATIENCE) == 1
        assert TRACEBACK in server.log()


def say_until_lost(client: socket) -> None:
    with suppress(OSError):
        while True:
            client.sendall(b"x" * 16384)


CLOSES = ("ready.close()", "pass")
TABLE = '            names[client] = b"%d " % address[1]\n'
RECEIVE = "data = ready.recv(16384)"
LEFT_ALONE = [
    ("the listener is in it", "in names:", "in watched[1:]:", "IOM926", "goes through the others"),
    (
        "another holds it",
        "watched.append(client)\n",
        "watched.append(client)\n            old.append(client)\n",
        "IOM925",
        "`old` holds",
    ),
    (
        "it is given away",
        "watched.append(client)\n",
        "watched.append(client)\n            last = client\n",
        "IOM925",
        "may be held here",
    ),
    (
        "the list is given away",
        RECEIVE,
        RECEIVE + "\n            old += list(watched)",
        "IOM925",
        "may give its connections away",
    ),
    ("in a table of others", TABLE, TABLE + "            old[address] = [client]\n", "IOM925", "may be held here"),
    ("only gone through", "other.sendall(data)", "names[other] += data", "IOM903", "not written to"),
    (
        "read twice",
        RECEIVE,
        RECEIVE + "\n            if data == b'?':\n                data = ready.recv(9)",
        "IOM926",
        "in the midst of a turn",
    ),
    ("something before it", RECEIVE, "names[ready] += b'.'\n            " + RECEIVE, "IOM926", "does not begin with"),
    ("who is closed by another", "other.sendall(data)", "other.close()", "IOM903", "went on waiting"),
    ("non-blocking", "watched.append(", "client.setblocking(False)\n            watched.append(", "IOM926", "held up nobody"),
    (
        "a job between",
        "    for ready in readable",
        "    print(len(names))\n    for ready in readable",
        "IOM926",
        "between two turns",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "words"), [row[1:] for row in LEFT_ALONE], ids=[row[0] for row in LEFT_ALONE])
def test_what_is_like_a_chat_is_left_alone(old: str, new: str, code: str, words: str) -> None:
    assert old in CHAT
    text = CHAT.replace(old, new)
    if code == "IOM925":
        text = text.replace(*CLOSES).replace("watched =", "old = []\nwatched =")
    done = rewrite(text, "chat.py", Target.TRIO)
    assert done.text == text
    assert [(refusal.code, refusal.text) for refusal in done.refusals if refusal.code == code and words in refusal.text]


@pytest.mark.parametrize("clause", ["except OSError:", "except:"])
def test_what_ends_the_loop_may_be_no_other_exception_where_it_is_caught(clause: str) -> None:
    head, loop = CHAT.split("while True:")
    text = f"{head}try:\n{indent('while True:' + loop, '    ')}{clause}\n    print('over')\n"
    [refusal] = rewrite(text, "chat.py", Target.TRIO).refusals
    assert "may be caught here" in refusal.text


def test_what_is_otherwise_than_in_the_loop_is_said() -> None:
    said = " ".join(change.text for change in rewrite(TUTORIAL, "chat.py", Target.TRIO).changes)
    assert "a turn at a time" in said
    assert "what fails with one ends all" in said
    assert "no name referred to it" in said
    assert "urgent data (MSG_OOB)" in said


def test_what_each_is_asked_and_told_alone_moves() -> None:
    assert rewrite(CHAT.replace(LOOP, TO_ONE.format("list(names.values())")), "p.py", Target.TRIO).changes


@pytest.mark.parametrize("over", ["names.values()", "reversed(names.values())", "filter(None, names.values())"])
def test_what_others_change_is_not_gone_through_over_writes(over: str) -> None:
    text = CHAT.replace(LOOP, TO_ONE.format(over))
    done = rewrite(text, "p.py", Target.TRIO)
    assert done.text == text
    assert [refusal.code for refusal in done.refusals] == ["IOM923"]
