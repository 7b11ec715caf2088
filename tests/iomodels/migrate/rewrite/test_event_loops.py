"""Event loops that are left alone: each is one that moves, with one thing changed that a task per connection would not do."""

from pathlib import Path

import pytest

from iomodels.migrate.rewrite import Target, rewrite
from tests.iomodels.migrate.rewrite.event_loops import BOTH, BUFFERS, FUNCTION, METHODS, OBJECTS, POLL, QUEUES

LEFT_ALONE = [
    (
        "a list of the broken",
        FUNCTION,
        "        for ready in readable:",
        "        for ready in broken:\n            print(ready)\n        for ready in readable:",
        "IOM921",
    ),
    ("two sockets from the beginning", FUNCTION, "watched = [listener]", "watched = [listener, socket.socket()]", "IOM920"),
    (
        "a job at each turn, however often",
        FUNCTION,
        "                    ready.close()\n",
        "                    ready.close()\n        print(len(readable), 'ready')\n",
        "IOM920",
    ),
    (
        "a job after each event",
        FUNCTION,
        "                    ready.close()\n",
        "                    ready.close()\n        print('turn')\n",
        "IOM922",
    ),
    (
        "a count in the loop",
        FUNCTION,
        "                if data:\n",
        "                waiting = waiting + 1\n                if data:\n",
        "IOM923",
    ),
    (
        "one leaves the list and stays open",
        FUNCTION,
        "                    ready.close()\n",
        "                    parked.append(ready)\n",
        "IOM925",
    ),
    (
        "the loop over the ready is left",
        FUNCTION,
        "                    ready.close()\n",
        "                    ready.close()\n                    break\n",
        "IOM920",
    ),
    (
        "it receives until it would block",
        FUNCTION,
        "                data = ready.recv(4096)\n",
        "                data = b''\n                while len(data) < 10:\n                    data += ready.recv(4096)\n",
        "IOM921",
    ),
    (
        "a time limit on a connection",
        FUNCTION,
        "                watched.append(",
        "                connection.settimeout(5)\n                watched.append(",
        "IOM908",
    ),
    (
        "what one says goes to all",
        FUNCTION,
        "                    ready.sendall(data)\n",
        "                    for other in watched[1:]:\n                        other.sendall(data)\n",
        "IOM926",
    ),
    (
        "what one says is owed to all",
        OBJECTS,
        "                peer.read()\n",
        "                peer.read()\n                for other in peers:\n                    other.owed += b'.'\n",
        "IOM903",
    ),
    (
        "input is not watched for while it is paused",
        OBJECTS,
        "if not peer.over]",
        "if not peer.over and not peer.paused]",
        "IOM921",
    ),
    ("a part of what is owed at a time", OBJECTS, "send(self.owed)", "send(self.owed[:10])", "IOM924"),
    ("something is owed from the beginning", OBJECTS, "bytearray()", "bytearray(b'hello')", "IOM924"),
    (
        "something is owed after the write",
        OBJECTS,
        "            if peer.over and",
        "            peer.owed += b'.'\n            if peer.over and",
        "IOM924",
    ),
    (
        "more is done when there is room",
        OBJECTS,
        "        del self.owed[:count]\n",
        "        del self.owed[:count]\n        self.read()\n",
        "IOM924",
    ),
    (
        "what is shared is changed after the write",
        METHODS,
        "            sock.sendall(data)\n            self.total += len(data)",
        "            seen = self.total\n            sock.sendall(data)\n            self.total = seen + 1",
        "IOM923",
    ),
    (
        "what is called changes",
        METHODS,
        "            sock.sendall(data)\n",
        "            sock.sendall(data)\n            self.selector.modify(sock, selectors.EVENT_READ, self.accept)\n",
        "IOM921",
    ),
    (
        "a connection is first watched for room",
        METHODS,
        "selectors.EVENT_READ, self.serve)",
        "selectors.EVENT_WRITE, self.serve)",
        "IOM921",
    ),
    (
        "who is watched is asked",
        METHODS,
        "            self.total += len(data)",
        "            self.total = len(self.selector.get_map())",
        "IOM921",
    ),
    ("another test beside those of events", POLL, "elif event & select.POLLHUP:", "elif fd in socks:", "IOM921"),
    (
        "the events are told to somebody",
        POLL,
        "            data = sock.recv(4096)\n",
        "            data = sock.recv(4096)\n            print(event)\n",
        "IOM921",
    ),
    (
        "it is told of changes only",
        POLL.replace("select.poll()", "select.epoll()"),
        "poller.register(new, select.POLLIN)",
        "poller.register(new, select.EPOLLIN | select.EPOLLET)",
        "IOM921",
    ),
    (
        "after the close something is said whatever happens",
        BOTH,
        "    if mask & selectors.EVENT_WRITE:\n",
        "    print('turn')\n    if mask & selectors.EVENT_WRITE:\n",
        "IOM925",
    ),
    (
        "after the close something is said where nothing is owed",
        BOTH,
        "            state.owed = state.owed[count:]\n",
        "            state.owed = state.owed[count:]\n        else:\n            print('nothing owed')\n",
        "IOM924",
    ),
    (
        "after the close something is done before what is owed is sent",
        BOTH,
        "            count = connection.send",
        "            print(next(counter))\n            count = connection.send",
        "IOM924",
    ),
    (
        "something is said where nothing is owed, and no one waits for that",
        BUFFERS,
        "            outgoing[peer] = outgoing[peer][count:]\n",
        "            if not outgoing[peer]:\n                pass\n            else:\n                log.info('some')\n",
        "IOM924",
    ),
    (
        "a reply is put, and more is done in the turn",
        QUEUES,
        "                    outputs.append(s)\n",
        "                    outputs.append(s)\n                print('queued')\n",
        "IOM924",
    ),
    (
        "a reply is put, and room for it is not waited for",
        QUEUES,
        "                    outputs.append(s)\n",
        "                    pass\n",
        "IOM924",
    ),
    (
        "a reply is put where a failing write is caught",
        QUEUES,
        "                message_queues[s].put(data.upper())\n",
        "                with suppress(OSError):\n                    message_queues[s].put(data.upper())\n",
        "IOM924",
    ),
    ("a reply is put for another", QUEUES, "queues[s].put(", "queues[inputs[-1]].put(", "IOM924"),
    ("a queue with a bound", QUEUES, "queue.Queue()", "queue.Queue(9)", "IOM924"),
    ("a queue that gives the last first", QUEUES, "queue.Queue()", "queue.LifoQueue()", "IOM924"),
    (
        "it is closed when its queue is empty",
        QUEUES,
        '            print("queue empty")\n',
        "            inputs.remove(s)\n            s.close()\n",
        "IOM924",
    ),
    (
        "who came last is named, whoever is closed",
        QUEUES,
        "s.getpeername()[0])\n                if",
        "client_address)\n                if",
        "IOM923",
    ),
    ("what another was told last is named", QUEUES, '"received", data', '"received", data, next_msg', "IOM923"),
    (
        "more is done for urgent data",
        QUEUES,
        "    for s in exceptional:\n",
        "    for s in exceptional:\n        data = s.recv(1, socket.MSG_OOB)\n",
        "IOM921",
    ),
    (
        "how many wait for room is told",
        QUEUES,
        '            print("queue empty")\n',
        "            print(len(outputs))\n",
        "IOM921",
    ),
    ("how many wait for room is told to readers", QUEUES, '"received", data', '"received", len(outputs)', "IOM921"),
    (
        "the listening socket is taken out",
        QUEUES,
        "            connection.setblocking(False)\n",
        "            connection.setblocking(False)\n            inputs.remove(server)\n",
        "IOM925",
    ),
    (
        "something is owed to a table's entry from the beginning",
        BUFFERS,
        'b""\n                continue',
        'b"hi"\n                continue',
        "IOM924",
    ),
    (
        "a table's entries are gone through",
        BUFFERS,
        "outgoing[sock] += data.upper()",
        "outgoing.update({each: outgoing[each] + data for each in outgoing})",
        "IOM924",
    ),
    ("what is owed already is overwritten", BUFFERS, "outgoing[sock] += data", "outgoing[sock] = data", "IOM924"),
    ("a little is not written yet", BUFFERS, "if outgoing[client]]", "if len(outgoing[client]) > 9]", "IOM921"),
    ("others wait for room", BUFFERS, "for client in clients if", "for client in outgoing if client in clients and", "IOM921"),
    (
        "a turn ends with something owed",
        BUFFERS,
        "                outgoing[sock] += data.upper()\n",
        "                outgoing[sock] += data\n                if data[1:]:\n                    continue\n",
        "IOM924",
    ),
    (
        "what another connection said is used",
        BUFFERS,
        "                count = peer.send(outgoing[peer])\n",
        "                count = peer.send(outgoing[peer])\n                log.info(data)\n",
        "IOM923",
    ),
    (
        "one leaves its table, and stays open",
        BUFFERS,
        "                outgoing[sock] += data.upper()\n",
        "                del outgoing[sock]\n",
        "IOM925",
    ),
    (
        "nobody is ever watched for output",
        BOTH,
        "BOTH = selectors.EVENT_READ | selectors.EVENT_WRITE",
        "BOTH = selectors.EVENT_READ",
        "IOM921",
    ),
    (
        "something is done where it does not write",
        BOTH,
        "    if mask & selectors.EVENT_WRITE:\n        if state.owed:\n",
        "    if mask & selectors.EVENT_WRITE and not state.peer:\n        pass\n    else:\n        if state.owed:\n",
        "IOM921",
    ),
    ("an object registers itself", METHODS, "selectors.EVENT_READ, self.serve)", "selectors.EVENT_READ, self)", "IOM920"),
]


@pytest.mark.parametrize(
    "text", [FUNCTION, OBJECTS, METHODS, POLL, BOTH], ids=["function", "objects", "methods", "poll", "both"]
)
@pytest.mark.parametrize("target", Target)
def test_what_they_were_before_the_change_moves(text: str, target: Target) -> None:
    done = rewrite(text, "before.py", target)
    assert not done.refusals
    assert "select" not in done.text.replace("selector", "")


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
        ("[client for client in clients if outgoing[client]]", "[each for each, owed in outgoing.items() if owed]"),
        ("if peer not in outgoing", "if peer not in clients"),
        ('b""\n                continue', "bytearray()\n                continue"),
    ],
)
def test_that_buffers_are_written_in_other_words_makes_no_difference(old: str, new: str) -> None:
    assert old in BUFFERS
    text = BUFFERS.replace(old, new)
    if "bytearray" in new:
        text = text.replace("outgoing[peer] = outgoing[peer][count:]", "del outgoing[peer][:count]")
    done = rewrite(text, "p.py", Target.TRIO)
    assert not done.refusals
    assert "send_all" in done.text


def test_what_a_loop_over_three_lists_no_longer_does_is_said() -> None:
    said = " ".join(change.text for change in rewrite(QUEUES, "p.py", Target.TRIO).changes)
    assert "the loop sent it at a later turn" in said
    assert "urgent data (MSG_OOB)" in said
    assert "of an empty queue" in said
    assert "now all of it goes" in said


@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("watched", ["select.EPOLLOUT", "select.EPOLLIN | select.EPOLLOUT"])
def test_that_a_reply_no_longer_waits_for_the_end_of_input_is_said(watched: str, target: Target) -> None:
    text = (Path(__file__).parent / "inputs" / "event_loop_epoll.py").read_text()
    done = rewrite(text.replace("modify(fd, select.EPOLLOUT)", f"modify(fd, {watched})"), "p.py", target)
    assert done.changes
    assert any("before more is read" in change.text for change in done.changes) == ("|" in watched)


def test_when_a_job_of_each_turn_is_done_is_said() -> None:
    program = Path(__file__).parents[3] / "corpus" / "select_idle_job.py"
    said = [change.text for change in rewrite(program.read_text(), program.name, Target.TRIO).changes]
    assert any("when none has for so long; not at each event" in text for text in said)
