"""Chats: what one client says is written to the others, by its task as by its thread; and what looks like it is left alone."""

import struct
from contextlib import ExitStack
from pathlib import Path
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET, socket

import pytest

from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.test_behaviour import FORMS, INPUTS, PATIENCE, connected, running, started

WELCOME = b"welcome\n"
ROOM = (INPUTS / "chat_room.py").read_text()
TO_ALL = ROOM.replace("but):", "but=None):").replace("tell(data, conn)", "tell(data, conn), tell(b'!', None), tell(b'?')")
NAMES = (INPUTS / "chat_names.py").read_text()
OWN_RECEIVE = NAMES.replace("conn.recv(4096)", "receive(conn)").replace(
    "class Chat:", "def receive(conn):\n    return conn.recv(4096)\n\n\nclass Chat:"
)


def heard(client: socket, text: bytes) -> bool:
    """Whether this is what comes next."""
    got = b""
    while len(got) < len(text) and (data := client.recv(len(text) - len(got))):
        got += data
    return got == text


def to_the_end(client: socket) -> int:
    """How many bytes come before the end of input."""
    return sum(map(len, iter(lambda: client.recv(65536), b"")))


@FORMS
def test_what_one_says_all_the_others_hear(target: Target | None, tmp_path: Path) -> None:
    with running("chat_room", target, tmp_path) as server, ExitStack() as stack:
        ann, bob, eve = (stack.enter_context(connected(server)) for _ in range(3))
        assert all(heard(each, WELCOME) for each in (ann, bob, eve))
        ann.sendall(b"hello")
        assert heard(bob, b"hello")
        assert heard(eve, b"hello")
        bob.sendall(b"/number none")  # its thread ends with an exception that nobody catches, and the socket is still kept
        bob.shutdown(SHUT_WR)
        eve.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        eve.close()
        for number in (b"1", b"2", b"3"):
            ann.sendall(number)
            assert heard(bob, number)
        ann.shutdown(SHUT_WR)
        assert ann.recv(1) == b""  # and nothing of what it said itself


@FORMS
def test_a_function_of_its_own_may_be_called_receive(target: Target | None, tmp_path: Path) -> None:
    """As the helper is that the new code calls, which has another name then."""
    with started(OWN_RECEIVE, target, tmp_path) as server, connected(server) as ann, connected(server) as bob:
        for client, name in ((ann, b"ann"), (bob, b"bob")):
            client.sendall(name)
            assert heard(client, b"hello\n")
        assert heard(ann, b"* bob has come\n")
        ann.sendall(b"hello")
        assert heard(bob, b"ann: hello")
        assert heard(ann, b"told 1\n")


@FORMS
def test_who_is_kept_by_name_is_told_apart_by_it(target: Target | None, tmp_path: Path) -> None:
    with running("chat_names", target, tmp_path) as server, ExitStack() as stack:
        ann, bob, eve = (stack.enter_context(connected(server)) for _ in range(3))
        for client, name in ((ann, b"ann"), (bob, b"bob")):
            client.sendall(name)
            assert heard(client, b"hello\n")
        assert heard(ann, b"* bob has come\n")
        eve.sendall(b"ann")
        assert to_the_end(eve) == len(b"no\n")
        ann.sendall(b"hi")
        assert heard(bob, b"ann: hi")
        assert heard(ann, b"told 1\n")
        bob.sendall(b"/bye")
        assert to_the_end(bob) == 0
        assert heard(ann, b"* bob has left\n")
        ann.sendall(b"hi")
        assert heard(ann, b"told 0\n")


@FORMS
def test_nobody_may_be_left_out(target: Target | None, tmp_path: Path) -> None:
    with started(TO_ALL, target, tmp_path) as server, connected(server) as ann, connected(server) as bob:
        assert heard(ann, WELCOME)
        assert heard(bob, WELCOME)
        ann.sendall(b"hello")
        assert heard(bob, b"hello!?")
        assert heard(ann, b"!?")


@FORMS
def test_what_is_under_way_to_one_who_leaves_comes_whole(target: Target | None, tmp_path: Path) -> None:
    text = ROOM.replace("with guests_lock:", "if True:").replace("1024", "16384")
    with started(text, target, tmp_path) as server, ExitStack() as stack:
        slow, ann, bob = (stack.enter_context(connected(server)) for _ in range(3))
        assert all(heard(each, WELCOME) for each in (slow, ann, bob))
        bob.settimeout(0.5)
        said = 0
        hears = True
        while hears and said < 32 << 20:
            ann.sendall(b"x" * 16384)  # to `slow` first, which does not read: in the end nobody hears anything
            said += 16384
            try:
                hears = heard(bob, b"x" * 16384)
            except TimeoutError:
                hears = False
        assert not hears
        assert said > 1 << 20  # the kernel took that much of it
        slow.shutdown(SHUT_WR)
        assert to_the_end(slow) == said
        bob.settimeout(PATIENCE)
        ann.sendall(b"y")
        assert heard(bob, b"x" * 16384 + b"y")


WRITE = "guest.sendall(text)"
LOOP = "for guest in guests:"
START = "    main(int(sys.argv[1]))"
ADMIN = "def admin():\n    for line in sys.stdin:\n        {}\nthreading.Thread(target=admin).start()\n\n\ndef main("
LEFT_ALONE = [
    ("closed by another", ROOM, "one has left", 'x"); guest.close(); print("', "IOM903", "went on waiting for input"),
    ("something else for nobody", TO_ALL, "'!', None", "'!', 7", "IOM903", "gets something else"),
    ("by a default that is not None", TO_ALL, "but=None", "but=0", "IOM903", "gets something else"),
    ("read by another", ROOM, WRITE, "guest.recv(1)", "IOM903", "only its own conversation"),
    ("used after the loop", ROOM, "def listen_to", "    print(guest)\n\n\ndef listen_to", "IOM903", "for more than to write"),
    ("under another name", ROOM, WRITE, "it = guest; it.sendall(text)", "IOM903", "for more than to write"),
    (
        "its own name for another",
        ROOM,
        "tell(data, conn)",
        "for conn in guests: conn.sendall(data)",
        "IOM903",
        "those of others",
    ),
    (
        "the list is made anew",
        ROOM,
        "guests.remove(conn)",
        "guests[:] = [each for each in guests if each is not conn]",
        "IOM903",
        "taken out",
    ),
    (
        "something else in the list",
        ROOM,
        "    while True:\n        conn",
        "    guests.append(1)\n    while True:\n        conn",
        "IOM903",
        "something else as well",
    ),
    ("pairs in the list", ROOM, "guests.append(conn)", "guests.append((conn, addr))", "IOM903", "cannot be followed"),
    ("shut down", ROOM, "    conn.close()", "    conn.shutdown(socket.SHUT_RDWR)\n    conn.close()", "IOM903", "is shut down"),
    (
        "a time limit",
        ROOM,
        "        with guests_lock:\n            guests",
        "        conn.settimeout(9)\n        with guests_lock:\n            guests",
        "IOM903",
        "has a time limit",
    ),
    ("a file", ROOM, "conn.recv(1024)", "conn.makefile('rb').readline()", "IOM903", "has a file"),
    ("by another thread", ROOM, "def main(", ADMIN.format("tell(line.encode(), None)"), "IOM905", "not seen to be called"),
    (
        "a lock of another thread",
        ROOM,
        "def main(",
        ADMIN.format("with guests_lock: print(len(guests))"),
        "IOM913",
        "no task of a client runs",
    ),
    (
        "a lock that is asked",
        ROOM,
        "        if not data",
        "        print(guests_lock.locked())\n        if not data",
        "IOM913",
        "in other ways",
    ),
    ("a lock taken twice", ROOM, "            guests.remove(conn)", "            tell(b'left', conn)", "IOM913", "taken again"),
    ("a lock that counts", ROOM, "threading.Lock()", "threading.RLock()", "IOM913", "a lock may be held"),
    ("two rooms in one", ROOM, START, "    for port in (8001, 8002):\n        main(port)", "IOM903", "runs once"),
    (
        "two threads for it",
        ROOM,
        START,
        "    threading.Thread(target=main, args=(8001,)).start()\n    main(8002)",
        "IOM903",
        "runs once",
    ),
    (
        "two objects for it",
        NAMES,
        "    Chat(int(sys.argv[1])).run()",
        "    for port in (8001, 8002):\n        threading.Thread(target=Chat(port).run).start()",
        "IOM903",
        "runs once",
    ),
    (
        "by its name",
        NAMES,
        "told += other.send(text) == len(text)",
        "told += self.members[name].send(text)",
        "IOM903",
        "taken out",
    ),
    (
        "the number of the exception",
        ROOM,
        "except OSError:",
        "except OSError as e:\n                    print(e.errno)",
        "IOM907",
        "looked at",
    ),
]


@pytest.mark.parametrize(
    ("text", "old", "new", "code", "words"), [case[1:] for case in LEFT_ALONE], ids=[case[0] for case in LEFT_ALONE]
)
def test_what_is_like_a_chat_is_left_alone(text: str, old: str, new: str, code: str, words: str) -> None:
    assert old in text
    changed = text.replace(old, new, 1)
    done = rewrite(changed, "program.py", Target.TRIO)
    assert done.text == changed
    assert [refusal.text for refusal in done.refusals if refusal.code == code and words in refusal.text]


@pytest.mark.parametrize("target", Target)
def test_that_others_write_is_said(target: Target) -> None:
    done = rewrite(ROOM, "program.py", target)
    assert any("written to by the tasks of others" in change.text for change in done.changes)
    assert any("a thread's lock" in change.text for change in done.changes)
