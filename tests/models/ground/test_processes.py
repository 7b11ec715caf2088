import errno
import logging
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from unittest import mock

import psutil
import pytest

from iomodels.contract.server import AT_ONCE
from models.ground.conversation import Conversation
from models.ground.listener import Listener
from models.ground.processes import Children, Lifeline
from models.ground.services.upper import Upper
from tests.models.ground.meeting import call, end_of, in_own_process, listening, meet, receive, until
from tests.models.ground.test_watch import Verbose, connect, of_this_file, serving


def nothing() -> None:
    pass


def unlucky() -> None:
    raise ValueError("seven")


def children_of_ours() -> list[str]:
    return [child.status() for child in psutil.Process().children()]


def collected() -> None:
    """A child does its work, is collected by wait, and the parent is told: no zombie is left."""
    with listening() as listener:
        children = Children(listener)
        assert not children
        parent, child = socket.socketpair()
        told: list[str] = []
        for name in ("one", "two"):
            children.fork(partial(child.sendall, name.encode()), ended=partial(told.append, name))
        assert len(children) == 2
        while children:
            assert not children.wait()
        assert sorted(told) == ["one", "two"]
        assert sorted([parent.recv(3), parent.recv(3)]) == [b"one", b"two"]
        assert children_of_ours() == []


def clients_and_children() -> None:
    """Wait tells a client from a child that has ended, and does not look for clients where none are wanted."""
    with listening(limit=1) as listener:
        children = Children(listener)
        children.fork(nothing, ended=list)
        while children:
            assert not children.wait()
        client = call(listener)
        assert children.wait()
        children.fork(nothing, ended=list)
        while children:
            assert not children.wait(accepting=False)
        assert listener.accept(Upper)
        with call(listener):
            children.fork(nothing, ended=list)
            while children:
                assert not children.wait(), "there is no room for another client"
        client.close()


def fork_fails() -> None:
    """There can be no more processes: the caller is told, and nothing is waited for."""
    with listening() as listener:
        children = Children(listener)
        with mock.patch("os.fork", side_effect=OSError(errno.EAGAIN, "no more")), pytest.raises(OSError, match="no more"):
            children.fork(nothing, ended=list)
        assert not children


def fork_fails_for_a_while() -> None:
    """A process that cannot be started is started later; who waits for the children waits for it as well."""
    with listening() as listener:
        children = Children(listener)
        ended: list[str] = []
        no_more = mock.patch("os.fork", side_effect=OSError(errno.EAGAIN, "no more"))
        with no_more, mock.patch("models.ground.processes.log") as log:
            children.begin(partial(children.fork, nothing, ended=partial(ended.append, "one")))
        assert len(children) == 1
        log.warning.assert_called_once_with("no process: %s", "no more")
        while children:
            children.wait(accepting=False)
        assert ended == ["one"]


def stopped() -> None:
    """SIGTERM ends the children through their ordinary path: those asleep in accept, and those with an idle client."""
    with listening(blocking=True) as listener:
        children = Children(listener)
        peer, client = meet(listener)

        def converse() -> None:
            while peer.reply():
                peer.receive()
            peer.close()

        def accept() -> None:
            assert listener.accept(Upper) is None

        ended: list[str] = []
        children.fork(converse, ended=partial(ended.append, "converse"))
        children.fork(accept, ended=partial(ended.append, "accept"))
        peer.close()
        client.sendall(b"hello")
        assert receive(client, 5) == b"HELLO"
        assert sorted(children_of_ours()) in (
            [psutil.STATUS_RUNNING] * 2,
            [psutil.STATUS_SLEEPING] * 2,
            ["running", "sleeping"],
        )
        os.kill(os.getpid(), signal.SIGTERM)
        while children:
            children.wait(accepting=False)
        assert not listener.open
        assert sorted(ended) == ["accept", "converse"]
        assert end_of(client) == b""


def stopped_in_a_storm() -> None:
    """SIGTERM is heard though the bell is full of other signals."""
    with listening() as listener:
        children = Children(listener)
        for number in [signal.SIGCHLD] * 2000 + [signal.SIGTERM] + [signal.SIGCHLD] * 2000:
            signal.raise_signal(number)
        children.wait(accepting=False)
        assert not listener.open


def signals_of_a_child() -> None:
    """What a child does about signals: SIGTERM rings its own bell, SIGINT is its parent's to deal with."""
    with listening() as listener:
        children = Children(listener)
        parent, child = socket.socketpair()

        def look() -> None:
            handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGCHLD)]
            bell = signal.set_wakeup_fd(-1)
            child.sendall(repr([*handlers, bell == bell_of_parent]).encode())

        bell_of_parent = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(bell_of_parent)
        children.fork(look, ended=list)
        while children:
            children.wait()
        assert parent.recv(100) == repr([signal.SIG_IGN, signal.SIG_DFL, False]).encode()


def orphaned() -> None:
    """A child whose parent vanishes ends by itself."""
    pid = os.fork()
    if pid == 0:
        listener = Listener.at_address("127.0.0.1", 0)
        lifeline = Lifeline()
        if os.fork() == 0:
            lifeline.hold(listener)
            assert listener.accept(Upper) is None
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)  # the grandchild holds standard error: that this program is waited for to its end is the proof


SCENARIOS = [collected, clients_and_children, fork_fails, fork_fails_for_a_while]
SCENARIOS += [stopped, stopped_in_a_storm, signals_of_a_child, orphaned]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_children(scenario: Callable[[], None]) -> None:
    ended = in_own_process(__file__, scenario)
    assert (ended.returncode, ended.stderr) == (0, "")


def failing() -> None:
    logging.basicConfig(format="%(message)s")
    with listening() as listener:
        children = Children(listener)
        children.fork(partial(os._exit, 7), ended=list)
        children.fork(signal.pause, ended=list)
        (waiting,) = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE][-1:]
        waiting.kill()
        while children:
            children.wait()


def test_a_child_that_ends_badly_costs_one_line() -> None:
    ended = in_own_process(__file__, failing)
    assert ended.returncode == 0
    assert sorted(" ".join(line.split()[0:1] + line.split()[2:]) for line in ended.stderr.splitlines()) == [
        "child ended with SIGKILL",
        "child ended with status 7",
    ]


def raising() -> None:
    logging.basicConfig(format="%(message)s")
    with listening() as listener:
        children = Children(listener)
        children.fork(unlucky, ended=list)
        while children:
            children.wait()
        print("the parent goes on")


def test_a_child_that_raises_says_so_and_ends() -> None:
    ended = in_own_process(__file__, raising)
    assert (ended.returncode, ended.stdout) == (0, "the parent goes on\n")
    assert "ValueError: seven" in ended.stderr
    assert ended.stderr.count("Traceback") == 1
    assert "ended with status 1" in ended.stderr


FORKING = ["fork", "prefork", "socketserver_forking"]


@pytest.mark.parametrize("model", FORKING)
def test_children_do_not_outlive_a_parent_that_is_killed(model: str) -> None:
    with serving(model) as server:
        client = connect(server)
        client.sendall(b"hello")
        assert receive(client, 5) == b"HELLO"
        family = server.processes()
        assert len(family) > 1
        os.kill(server.pid, signal.SIGKILL)
        assert end_of(client) == b""
        until(lambda: not server.survivors(family[1:]), "a child is left")


@pytest.mark.parametrize("model", FORKING)
def test_ctrl_c_reaches_everybody_and_the_parent_alone_answers(model: str) -> None:
    with serving(model) as server:
        client = connect(server)
        client.sendall(b"hello")
        assert receive(client, 5) == b"HELLO"
        server.interrupt()
        assert end_of(client) == b""
        server.expect_end()
        assert "KeyboardInterrupt" not in server.log()


def struck() -> Conversation:
    """`upper`, and a Ctrl-C that reaches every child in the instant in which it is born."""
    os.register_at_fork(after_in_child=partial(signal.raise_signal, signal.SIGINT))
    return Upper()


@pytest.mark.parametrize("model", FORKING)
def test_ctrl_c_in_a_child_that_was_just_forked_is_not_its_parents(model: str) -> None:
    with serving(model, "tests.models.ground.test_processes:struck") as server:
        for _ in range(3):
            with connect(server) as client:
                client.sendall(b"hello")
                assert receive(client, 5) == b"HELLO"
        assert server.log() == ""
        server.signal(signal.SIGTERM)
        server.expect_end()


@pytest.mark.parametrize("model", FORKING)
def test_sigterm_to_every_process_cuts_no_reply(model: str) -> None:
    """What systemd's KillMode=control-group sends."""
    with serving(model, of_this_file(Verbose), "--grace", "60") as server:
        client = connect(server)
        client.sendall(b"a")
        assert receive(client, 1) == b"a"
        for process in reversed(server.processes()):
            with suppress(psutil.NoSuchProcess):  # one that stops shuts the listener down for its siblings as well
                process.terminate()
        until(lambda: not listens(server.port), "it does not stop")
        assert end_of(client) == b"a" * (Verbose.size - 1)
        server.expect_end()


@pytest.mark.parametrize("model", FORKING)
def test_the_second_signal_kills_the_children(model: str) -> None:
    with serving(model, of_this_file(Verbose), "--grace", "60") as server:
        client = connect(server)
        client.sendall(b"a")
        assert receive(client, 1) == b"a"
        family = server.processes()
        server.signal(signal.SIGTERM)
        until(lambda: not listens(server.port), "it does not stop")
        server.signal(signal.SIGTERM)
        assert server.wait(AT_ONCE) == 128 + signal.SIGTERM
        until(lambda: not server.survivors(family), "a child is left")


def listens(port: int) -> bool:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)
