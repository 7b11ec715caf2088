"""A `select` on one connection becomes the time limit of the receive behind it, and no other form of it is touched."""

from pathlib import Path
from socket import SHUT_WR

import pytest

from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.test_behaviour import FORMS, connected, exchange, running

NAME = "bounded_receive"
PROGRAM = (Path(__file__).parent / "inputs" / f"{NAME}.py").read_text()
WAIT = "ready, _, _ = select.select([client], [], [], IDLE)\n"
ASKED = "            if not ready:\n"


@FORMS
def test_who_is_silent_is_asked_and_then_put_out(target: Target | None, tmp_path: Path) -> None:
    with running(NAME, target, tmp_path) as server, connected(server) as client:
        client.sendall(b"here")
        assert client.recv(100) == b"HERE"
        assert client.recv(100) == b"?"
        client.sendall(b"still")
        assert client.recv(100) == b"STILL"
        assert client.recv(100) == b"?"
        assert client.recv(100) == b""


@FORMS
def test_who_says_nothing_at_first_is_served_all_the_same(target: Target | None, tmp_path: Path) -> None:
    with running(NAME, target, tmp_path) as server:
        with connected(server) as silent, connected(server) as client:
            client.sendall(b"meanwhile")
            assert client.recv(100) == b"MEANWHILE"
            assert silent.recv(100) == b"?"
            silent.sendall(b"late")
            silent.shutdown(SHUT_WR)
            assert b"".join(iter(lambda: silent.recv(100), b"")) == b"LATE"
        large = bytes(range(97, 123)) * 20_000
        assert exchange(server.port, large) == large.upper()
        assert exchange(server.port, b"") == b""


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (WAIT, "ready, _, _ = select.select([client], [], [])\n"),  # without end
        (WAIT, WAIT.replace("IDLE", "0")),  # a question, and no wait
        (WAIT, WAIT.replace("IDLE", "silent")),  # who knows how long
        (WAIT, WAIT.replace("], [], []", "], [client], []")),
        (WAIT, WAIT.replace("[client]", "[client, sys.stdin]")),
        (WAIT, WAIT.replace("ready, _, _", "ready, busy, _") + "            print(busy)\n"),
        (ASKED, "            if ready == []:\n"),
        (ASKED, "            print(ready)\n" + ASKED),
        (ASKED, "            if not ready and silent < 2:\n"),
        ("                continue\n", ""),  # then it would receive all the same
        ("            data = client.recv(4096)\n", "            data = client.recv(silent)\n"),
        ("            data = client.recv(4096)\n", "            silent = 0\n            data = client.recv(4096)\n"),
        ("            data = client.recv(4096)\n", "            data = client.recv(4096).strip()\n"),
    ],
)
def test_any_other_form_is_left_alone(old: str, new: str, target: Target) -> None:
    assert PROGRAM.count(old) == 1
    text = PROGRAM.replace(old, new)
    done = rewrite(text, "program.py", target)
    assert done.text == text
    assert [refusal.code for refusal in done.refusals] in (["IOM903"], ["IOM920"])


def test_it_says_which_rule_it_is() -> None:
    done = rewrite(PROGRAM, "program.py", Target.TRIO)
    assert [change.line for change in done.changes if change.rule == "IOM109"] == [16, 35]


@FORMS
def test_a_session_ends_when_nothing_comes(target: Target | None, tmp_path: Path) -> None:
    with running("bounded_session", target, tmp_path) as server:
        with connected(server) as client:
            client.sendall(b"one\ntw")
            assert client.recv(100) == b"ONE\n"
            client.sendall(b"o\n")
            assert client.recv(100) == b"TWO\n"
            assert client.recv(100) == b""
        assert exchange(server.port, b"three\nquit\n") == b"THREE\n"
