"""`--concurrent` and `--unsafe`."""

import pytest

from iomodels.migrate.rewrite import Target, rewrite

SEQUENTIAL = """import socket


def handle(conn, address):
    while data := conn.recv(100):
        conn.sendall(data)


listener = socket.create_server(("", 0))
while True:
    conn, address = listener.accept()
    print("from", address)
    handle(conn, address)
    conn.close()
"""
BLOCKING = """import socket
from elsewhere import work
import threading


def handle(conn):
    # run it
    work(1)
    conn.close()


listener = socket.create_server(("", 0))
while True:
    conn, address = listener.accept()
    threading.Thread(target=handle, args=(conn,)).start()
"""
TARGETS = pytest.mark.parametrize("target", Target)


@TARGETS
def test_one_at_a_time_stays_so_unless_it_is_allowed(target: Target) -> None:
    assert "await handle(" in rewrite(SEQUENTIAL, "p.py", target).text
    at_once = rewrite(SEQUENTIAL, "p.py", target, concurrent=True).text
    assert "await handle(" not in at_once
    assert "tasks" in at_once


@TARGETS
def test_what_is_caught_in_the_loop_is_not_served_at_once(target: Target) -> None:
    text = SEQUENTIAL.replace(
        "    handle(conn, address)\n", "    try:\n        handle(conn, address)\n    except OSError:\n        pass\n"
    )
    done = rewrite(text, "p.py", target, concurrent=True)
    assert done.text == text
    assert [refusal.code for refusal in done.refusals] == ["IOM902"]


@TARGETS
def test_what_may_block_is_allowed_when_it_is_asked_for_and_marked(target: Target) -> None:
    assert [refusal.code for refusal in rewrite(BLOCKING, "p.py", target).refusals] == ["IOM904"]
    done = rewrite(BLOCKING, "p.py", target, unsafe=True)
    assert not done.refusals
    assert "    # run it\n    # iomodels: unsafe: `work` may block\n    work(1)\n" in done.text
    assert any("unsafe" in change.text for change in done.changes)


@TARGETS
def test_a_name_that_is_taken_is_not_taken_again(target: Target) -> None:
    text = SEQUENTIAL.replace("import socket\n", "import socket\n\ndef accept_client():\n    pass\n")
    done = rewrite(text, "p.py", target)
    assert done.text == text
    assert [refusal.code for refusal in done.refusals] == ["IOM912"]
    assert rewrite(text.replace("def accept_client", "class A:\n  def accept_client"), "p.py", target).changes
