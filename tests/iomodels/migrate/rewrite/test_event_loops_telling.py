"""The part of an event loop that writes may tell of what it writes, of its own connection, and only where something is owed."""

from pathlib import Path

import pytest

from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.event_loops import BUFFERS, INPUTS
from tests.iomodels.migrate.rewrite.test_behaviour import FORMS, PATIENCE, connected, started

TUTORIAL = (INPUTS / "event_loop_tutorial.py").read_text()
ECHOING = '            print(f"Echoing {data.outb!r} to {data.addr}")\n'
SEND = "            sent = sock.send(data.outb)\n"
CUT = "            data.outb = data.outb[sent:]\n"
COUNTER = ("sel = selectors", "counter = iter(range(9))\nlast = {}\ntotal = 0\nsel = selectors")
COUNTED = (
    "        if recv_data:\n",
    "        global total\n        total += len(recv_data)\n        last[0] = recv_data\n        if recv_data:\n",
)
PRINTED = "print(f'{sent=} of {len(data.outb)}:', data.outb.decode(), *data.addr, sep=' | ')"
ALL_SENT = "if not data.outb:\n                print('all sent')"


def line(text: str) -> str:
    return f"            {text}\n"


def telling(text: str) -> str:
    """The tutorial with another statement in the place of its `print`."""
    return TUTORIAL.replace(ECHOING, line(text))


@pytest.mark.parametrize(
    "text",
    [
        telling("print('echoing', repr(data.outb), 'to', data.addr)"),
        telling("print('%s: %r' % (data.addr[0], data.outb), file=sys.stderr, flush=True)"),
        telling("logging.info('%r to %s', data.outb, data.addr)").replace(
            "import selectors", "import logging\nimport selectors"
        ),
        TUTORIAL.replace("    data = key.data\n", "")
        .replace("data.outb", "key.data.outb")
        .replace("data.addr", "key.data.addr"),
        BUFFERS.replace(
            "                count = peer.send",
            "                log.info('sending %r', outgoing[peer])\n                count = peer.send",
        ).replace("BUFFER = 4096", "import logging\nlog = logging.getLogger()\nBUFFER = 4096"),
    ],
    ids=["repr", "stderr", "logging", "key.data", "select"],
)
def test_it_may_tell_what_it_sends(text: str) -> None:
    done = rewrite(text, "it.py", Target.TRIO)
    assert not done.refusals
    assert "send_all" in done.text


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        (telling("print(next(counter), data.outb)"), "IOM924", "`next` is called for each part"),
        (telling("print(sock.getpeername(), data.outb)"), "IOM924", "`sock.getpeername` is called for each part"),
        (telling("print(total, data.outb)").replace(*COUNTED), "IOM924", "`total`, of which it tells"),
        (telling("print(last, data.outb)").replace(*COUNTED), "IOM924", "`last`, of which it tells"),
        (telling("print(sent)"), "IOM924", "`sent`, of which it tells"),
        (telling("print(recv_data)"), "IOM924", "`recv_data`, of which it tells"),
        (
            telling("print(data.inb, data.outb)").replace("data.outb +=", "data.inb = data.outb = data.outb +"),
            "IOM924",
            "data.inb",
        ),
        (telling("print(f'{data.outb=}')"), "IOM924", "more is done"),
        (telling("data.inb = b'seen'"), "IOM924", "more is done"),
        (telling("last[0] = data.outb[:1]"), "IOM924", "more is done"),
        (telling("print(data.outb); last[0] = data.outb"), "IOM924", "more is done in this line"),
        (telling("if data.addr: print(next(counter))"), "IOM924", "more is done"),
        (TUTORIAL.replace(CUT, CUT + line("if data.outb:\n                print('some left')")), "IOM924", "more is done"),
        (
            TUTORIAL.replace("        if data.outb:\n", "        print('room')\n        if data.outb:\n"),
            "IOM924",
            "nothing is owed",
        ),
        (TUTORIAL.replace(CUT, CUT + "        if not data.outb:\n            print('idle')\n"), "IOM924", "nothing is owed"),
        (
            TUTORIAL.replace("            sock.close()\n", "            sock.close()\n            return\n").replace(
                CUT, CUT + "    print('turn')\n"
            ),
            "IOM921",
            "it is done at each event",
        ),
        (
            TUTORIAL.replace(SEND, SEND + line("print(sent)")).replace(CUT, CUT + line("data.inb = sent")),
            "IOM924",
            "more is done",
        ),
    ],
)
def test_it_tells_of_more_or_does_more(text: str, code: str, why: str) -> None:
    text = text.replace(*COUNTER)
    done = rewrite(text, "it.py", Target.TRIO)
    assert done.text == text
    assert [(each.code, why in each.text) for each in done.refusals] == [(code, True)]


@FORMS
def test_it_prints_what_it_printed(target: Target | None, tmp_path: Path) -> None:
    text = TUTORIAL.replace(SEND, SEND + line(PRINTED)).replace(CUT, CUT + line("print('sent', sent)") + line(ALL_SENT))
    with started(text, target, tmp_path) as server:
        server.rest()  # who only looked whether it listens has gone
        with connected(server) as client:
            for word in (b"one", b"three"):
                client.sendall(word)
                assert client.recv(100) == word
            address = client.getsockname()
        server.rest()
        server.interrupt()
        assert server.wait(PATIENCE) == 0
        said = server.rest_of_output().decode().splitlines()
    assert said[said.index(f"Accepted connection from {address}") + 1 :] == [
        f"Echoing b'one' to {address}",
        f"sent=3 of 3: | one | 127.0.0.1 | {address[1]}",
        "sent 3",
        "all sent",
        f"Echoing b'three' to {address}",
        f"sent=5 of 5: | three | 127.0.0.1 | {address[1]}",
        "sent 5",
        "all sent",
        f"Closing connection to {address}",
        "Caught keyboard interrupt, exiting",
    ]


def test_that_it_tells_once_for_all_parts_is_said() -> None:
    changes = rewrite(TUTORIAL, "it.py", Target.TRIO).changes
    assert [change.line for change in changes if "it says so once in a turn" in change.text] == [33]
