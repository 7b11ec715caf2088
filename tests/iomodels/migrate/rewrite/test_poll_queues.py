"""Poll loops with queues of replies: near ones that are left alone, and what is said where they move."""

import pytest

from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.event_loops import INPUTS, POLL, POLL_QUEUES

EPOLL = (INPUTS / "event_loop_epoll.py").read_text()
PUT = """                    message_queues[s].put(data.upper())
                    poller.modify(s, READ_WRITE)
"""
INPUT = "        if flag & (select.POLLIN | select.POLLPRI):"
HUNG_UP = "        elif flag & select.POLLHUP:\n"
EMPTY = "                poller.modify(s, READ_ONLY)\n"

LEFT_ALONE = [
    (
        "a connection that failed is closed before its input is received",
        POLL,
        "        if event & select.POLLIN:\n",
        "        if event & select.POLLERR:\n            sock.close()\n        elif event & select.POLLIN:\n",
        "IOM921",
    ),
    ("it failed, or is left, beside its input", POLL, "elif event & select.POLLHUP:", "if event & select.POLLHUP:", "IOM921"),
    (
        "it failed where room alone is waited for, and is asked for later",
        EPOLL,
        "        elif events & select.EPOLLOUT:\n",
        "        elif events & select.EPOLLHUP:\n            finished[fd] = True\n        elif events & select.EPOLLOUT:\n",
        "IOM921",
    ),
    ("input is asked for with more", POLL_QUEUES, INPUT, INPUT.replace(":", " and fd > 2:"), "IOM921"),
    (
        "urgent data is received",
        POLL,
        "elif event & select.POLLHUP:\n",
        "elif event & select.POLLPRI:\n            print(sock.recv(1, socket.MSG_OOB))\n        elif event & select.POLLHUP:\n",
        "IOM921",
    ),
    (
        "urgent data is received first",
        POLL_QUEUES,
        INPUT,
        "        if flag & select.POLLPRI:\n            s.recv(1, socket.MSG_OOB)\n        elif flag & select.POLLIN:",
        "IOM921",
    ),
    ("one that failed is counted", POLL_QUEUES, HUNG_UP, HUNG_UP + "            failed.append(fd)\n", "IOM921"),
    (
        "what is left is something else",
        POLL_QUEUES,
        "        elif flag & select.POLLERR:\n",
        "        else:\n            count(fd)\n",
        "IOM921",
    ),
    ("room is not waited for", POLL_QUEUES, PUT, PUT.replace("WRITE", "ONLY"), "IOM924"),
    ("input is not waited for", POLL_QUEUES, PUT, PUT.replace("READ_WRITE", "select.POLLOUT"), "IOM924"),
    ("room is waited for from the beginning", POLL_QUEUES, "register(connection, READ_ONLY)", "register(connection)", "IOM921"),
    ("only urgent data is waited for", POLL_QUEUES, "select.POLLIN | select.POLLPRI |", "select.POLLPRI |", "IOM921"),
    ("it is not watched any more", POLL_QUEUES, EMPTY, "                poller.unregister(s)\n", "IOM924"),
    (
        "the listening socket is watched for more",
        POLL_QUEUES,
        "                connection.setblocking(False)\n",
        "                poller.modify(server, READ_WRITE)\n",
        "IOM921",
    ),
    ("a queue is found by something else", POLL_QUEUES, "queues[s].put", "queues[fd].put", "IOM924"),
    ("the connection is found in another way", POLL_QUEUES, "fd_to_socket[fd]\n", "fd_to_socket.get(fd)\n", "IOM924"),
    ("the table is counted", POLL_QUEUES, '"  closing", s.getpeername()[0]', "len(fd_to_socket)", "IOM924"),
    (
        "one leaves the table, and stays open",
        POLL_QUEUES,
        PUT,
        PUT + "                    fd_to_socket.pop(fd)\n",
        "IOM924",
    ),
    ("who came last is named", POLL_QUEUES, '"  closing", s.getpeername()[0]', '"  closing", client_address', "IOM923"),
    ("what another said is named", POLL_QUEUES, '"  queue empty"', '"  queue empty", data', "IOM923"),
]


@pytest.mark.parametrize(("text", "old", "new", "code"), [row[1:] for row in LEFT_ALONE], ids=[row[0] for row in LEFT_ALONE])
def test_it_is_left_alone_and_said_why(text: str, old: str, new: str, code: str) -> None:
    assert old in text
    changed = text.replace(old, new)
    done = rewrite(changed, "changed.py", Target.TRIO)
    assert done.text == changed
    assert code in {refusal.code for refusal in done.refusals}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("message_queues[s]", "message_queues[fd]"),
        ("fd_to_socket.pop(fd)", "del fd_to_socket[fd]"),
        ("                    fd_to_socket.pop(fd)\n", ""),
        ("poller.modify(s, ", "poller.modify(fd, "),
        (".put(", ".put_nowait("),
        ('print("  queue empty", file=sys.stderr)', 'sys.stderr.write("queue empty\\n")'),
    ],
)
def test_that_it_is_written_in_other_words_makes_no_difference(old: str, new: str) -> None:
    assert old in POLL_QUEUES
    text = POLL_QUEUES.replace(old, new)
    if "[fd]" in new and "queues" in new:
        text = text.replace("message_queues[connection]", "message_queues[connection.fileno()]")
    done = rewrite(text, "p.py", Target.TRIO)
    assert not done.refusals
    assert "send_all" in done.text


def test_what_it_no_longer_does_is_said() -> None:
    said = " ".join(change.text for change in rewrite(POLL_QUEUES, "p.py", Target.TRIO).changes)
    assert "where there was input, the loop sent nothing" in said
    assert "urgent data (MSG_OOB)" in said
    assert "of an empty queue" in said
    assert "what it did for POLLHUP and POLLERR is gone" in said
    assert "now all of it goes" in said
