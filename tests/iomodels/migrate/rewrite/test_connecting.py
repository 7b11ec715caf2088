"""Clients that look as if they could be moved: what is read where connecting has failed, and connections that go too far.

Where the three libraries refuse alike, asyncio stands for them: it has two names for a connection.
"""

import pytest

from iomodels.migrate.rewrite import Target, rewrite

HEAD = "import socket, sys, time\nADDRESS = ('127.0.0.1', 80)\n"
LOOP = """    for _ in range(3):
        peer = socket.socket()
        try:
            peer.connect(ADDRESS)
            break
"""
REST = "    peer.sendall(b'1')\n    peer.close()\n"
KEPT = """class Session:
    def __init__(self): self.peer = None
    def open(self):
        try:
            self.peer = socket.socket()
            self.peer.connect(ADDRESS)
"""
USED = """    def close(self): self.peer.close()
def main():
    session = Session()
    session.open()
    session.close()
main()
"""


def in_main(text: str) -> str:
    return HEAD + "def main():\n" + text + "main()\n"


UNCONNECTED = {
    "all attempts have failed": in_main(LOOP + "        except OSError: time.sleep(1)\n" + REST),
    "it gives up": in_main(LOOP + "        except OSError: break\n    else:\n        return\n" + REST),
    "it gives up after some": in_main(
        LOOP.replace("for _ in range(3)", "while True")
        + "        except OSError:\n            if time.time() > 9: break\n"
        + REST
    ),
    "it asks before it connects": in_main(
        LOOP.replace("        try:\n", "        peer.fileno()\n        try:\n").replace("for _ in range(3)", "while True")
        + "        except OSError: time.sleep(1)\n"
        + REST
    ),
    "the clause looks": in_main(LOOP + "        except OSError: print(peer.fileno())\n    else:\n        sys.exit()\n" + REST),
    "the rest of the round": in_main(
        LOOP.replace("            break\n", "")
        + "        except OSError: pass\n        peer.sendall(b'1')\n        peer.close()\n"
    ),
    "made in the try, closed in the end": in_main(
        "    try:\n        peer = socket.socket()\n        peer.connect(ADDRESS)\n    finally:\n        peer.close()\n"
    ),
    "an outer try": in_main(
        "    try:\n        peer = socket.socket()\n        try:\n            peer.connect(ADDRESS)\n            peer.recv(9)\n"
        "        finally:\n            print('tried')\n    except OSError:\n        print(peer.fileno())\n"
    ),
    "the last attempt may not raise": in_main(
        LOOP.replace("_ in range(3)", "n in range(most)").replace("    for", "    most = 3\n    for")
        + "        except OSError:\n            if not n: continue\n            if n == most - 1: raise\n"
        + REST
    ),
    "None comes later": in_main(
        "    try:\n        peer = socket.socket()\n        peer.connect(ADDRESS)\n    except OSError:\n"
        "        if peer: peer.close()\n        return\n    peer = None\n"
    ),
    "the method returns": HEAD + KEPT + "        except OSError: return\n" + USED,
    "the caller goes on": (
        HEAD
        + KEPT
        + "        finally: print('tried')\n"
        + USED.replace("    session.open()\n", "    try: session.open()\n    except OSError: pass\n")
    ),
    "the caller ends it": (
        HEAD
        + KEPT
        + "        finally: print('tried')\n"
        + USED.replace("    session.open()\n    ", "    try: session.open()\n    finally: ")
    ),
}


@pytest.mark.parametrize("case", UNCONNECTED)
def test_what_is_read_when_connecting_has_failed_is_left_alone(case: str) -> None:
    done = rewrite(UNCONNECTED[case], "p.py", Target.ASYNCIO)
    assert done.text == UNCONNECTED[case]
    assert [refusal.code for refusal in done.refusals] == ["IOM903"]
    assert "connected" in done.refusals[0].text


GIVES = "def connect():\n    peer = socket.create_connection(ADDRESS)\n    return peer\n"
TALK = "    peer = connect()\n    peer.sendall(b'1')\n    peer.close()\n"
GETS = """class Session:
    def __init__(self): self.peer = None
    def get(self): return self.peer
    def connect(self): self.peer = socket.create_connection(ADDRESS)
"""
GIVEN_AWAY = {
    "to the module": ("IOM905", HEAD + GIVES + "peer = connect()\npeer.close()\n"),
    "to others": ("IOM903", HEAD + GETS + "def main(): Session().connect()\nmain()\n"),
    "to a call": ("IOM903", HEAD + GIVES + in_main("    print(connect())\n")[len(HEAD) :]),
    "or something else": (
        "IOM903",
        HEAD + GIVES.replace("    return", "    if not ADDRESS: return 0\n    return") + in_main(TALK)[len(HEAD) :],
    ),
    "or what was there": ("IOM903", HEAD + GIVES + in_main(TALK.replace("connect()", "connect() or sys.stdin"))[len(HEAD) :]),
    "with its address": ("IOM903", HEAD + GIVES.replace("return peer", "return peer, ADDRESS") + in_main(TALK)[len(HEAD) :]),
    "of a kind that is said": (
        "IOM903",
        HEAD + GIVES.replace("():", "() -> 'socket.socket | None':") + in_main(TALK)[len(HEAD) :],
    ),
    "by a property": (
        "IOM903",
        HEAD + GETS.replace("    def get", "    @property\n    def get") + "def main(): Session().connect()\nmain()\n",
    ),
}


@pytest.mark.parametrize("case", GIVEN_AWAY)
def test_a_connection_that_is_returned_elsewhere_is_left_alone(case: str) -> None:
    code, text = GIVEN_AWAY[case]
    done = rewrite(text, "p.py", Target.ASYNCIO)
    assert done.text == text
    assert [refusal.code for refusal in done.refusals] == [code]


def test_asyncio_has_two_names_for_none_only_where_it_is_returned() -> None:
    gives = GIVES.replace("    peer = ", "    try: peer = ").replace(
        "    return peer\n", "    except OSError: print('no')\n    else: return peer\n"
    )
    text = HEAD + gives + in_main(TALK)[len(HEAD) :]
    done = {target: rewrite(text, "p.py", target) for target in Target}
    assert [target for target in Target if done[target].text == text] == [Target.ASYNCIO]
    assert "or None where it ends" in done[Target.ASYNCIO].refusals[0].text


OPTION = "peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)"
MADE = f"    peer = socket.socket()\n    {OPTION}\n    peer.connect(ADDRESS)\n    peer.close()\n"
EARLY = {
    "the receive buffer": in_main(MADE.replace("SO_KEEPALIVE", "SO_RCVBUF")),
    "a value of its own": in_main(MADE.replace("LIVE, 1", "LIVE, len(sys.argv)")),
    "perhaps": in_main(MADE.replace(OPTION, f"if sys.argv: {OPTION}")),
    "looked at": in_main(MADE.replace(OPTION, f"print({OPTION})")),
    "an address": in_main(MADE.replace(OPTION, "peer.bind(('127.0.0.2', 0))")),
    "the line goes on": in_main(MADE.replace("connect(ADDRESS)", "connect(ADDRESS); peer.sendall(b'1')")),
    "one socket for all attempts": in_main(
        "    peer = socket.socket()\n    while True:\n        try:\n            peer.connect(ADDRESS)\n            break\n"
        "        except OSError: time.sleep(1)\n    peer.close()\n"
    ),
}


@pytest.mark.parametrize("case", EARLY)
def test_a_socket_that_is_more_than_made_and_connected_is_left_alone(case: str) -> None:
    done = rewrite(EARLY[case], "p.py", Target.ASYNCIO)
    assert done.text == EARLY[case]
    assert [refusal.code for refusal in done.refusals] == ["IOM903"]


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("line", ["if sys.argv: peer.settimeout(5)", "if sys.argv:\n        peer.settimeout(5)"])
def test_a_limit_that_is_perhaps_set_is_left_alone(line: str, target: Target) -> None:
    text = in_main(MADE.replace(OPTION, line))
    done = rewrite(text, "p.py", target)
    assert done.text == text
    assert [refusal.code for refusal in done.refusals] == ["IOM908"]


@pytest.mark.parametrize("target", Target)
def test_the_reason_says_what_it_is(target: Target) -> None:
    assert "an address of its own" in rewrite(EARLY["an address"], "p.py", target).refusals[0].text
    assert "again and again" in rewrite(EARLY["one socket for all attempts"], "p.py", target).refusals[0].text
    assert not rewrite(in_main(MADE), "p.py", target).refusals


AGAIN = """    lost = 0
    while lost < 2:
        peer = socket.create_connection(ADDRESS)
        try:
            print(peer.recv(100))
        except ConnectionError:
            time.sleep(1)
        peer.close()
"""


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize(
    "again",
    [
        AGAIN.replace("        peer = ", "        if not lost: peer = "),
        AGAIN.replace("        peer = ", "        for _ in range(lost):\n            peer = "),
        AGAIN.replace("    lost = 0\n", "    lost = 0\n    peer = socket.create_connection(ADDRESS)\n").replace(
            "        peer = socket.create_connection(ADDRESS)\n", ""
        ),
    ],
)
def test_who_goes_on_with_a_lost_connection_is_left_alone(again: str, target: Target) -> None:
    codes = [refusal.code for refusal in rewrite(in_main(again), "p.py", target).refusals]
    assert codes == ([] if target is Target.TRIO else ["IOM907"])
    assert rewrite(in_main(AGAIN), "p.py", target).changes


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize(
    "text",
    [
        in_main(
            LOOP.replace("_ in range(3)", "n in range(most)").replace("    for", "    most = 3\n    for")
            + "        except OSError:\n            if n == most - 1: raise\n"
            + REST
        ),
        in_main(
            "    peer = None\n    try:\n        peer = socket.socket()\n        peer.connect(ADDRESS)\n        peer.recv(9)\n"
            "    except OSError:\n        if peer is not None: peer.close()\n"
        ),
    ],
)
def test_the_last_attempt_raises_and_what_is_there_is_closed(text: str, target: Target) -> None:
    assert not rewrite(text, "p.py", target).refusals


@pytest.mark.parametrize(
    ("connects", "words"),
    [
        ("peer = socket.socket()\n    peer.connect(('localhost', 80))\n", "`connect` tried the first alone"),
        ("peer = socket.create_connection(('localhost', 80))\n", "as before: one address after the other"),
    ],
)
def test_which_addresses_of_a_name_are_tried_is_said(connects: str, words: str) -> None:
    done = rewrite(in_main(f"    {connects}{REST}"), "p.py", Target.TRIO)
    assert any(words in change.text for change in done.changes)
