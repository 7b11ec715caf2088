"""What was rewritten still does what it did: programs of `inputs/` are started as they were, and on each library."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from socket import SHUT_WR, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET, create_connection, socket

import pytest

from iomodels.contract.server import TRACEBACK, Launch, Server
from iomodels.migrate.rewrite import Target, rewrite

INPUTS = Path(__file__).parent / "inputs"
PATIENCE = 10.0
LARGE = bytes(range(97, 123)) * 40_000
EMPTY = ["queue", "empty"]
FORMS = pytest.mark.parametrize("target", [None, *Target], ids=["before", *Target])


@contextmanager
def running(name: str, target: Target | None, folder: Path, *arguments: str) -> Iterator[Server]:
    """A program, as it is or rewritten. arguments: those that follow its port."""
    with started((INPUTS / f"{name}.py").read_text(), target, folder, *arguments) as server:
        yield server


@contextmanager
def started(text: str, target: Target | None, folder: Path, *arguments: str) -> Iterator[Server]:
    """The same for the text of a program."""
    program = folder / "program.py"
    program.write_text(text if target is None else rewrite(text, str(program), target).text)
    server = Launch([sys.executable, str(program), "{port}", *arguments]).start(wait=PATIENCE)
    try:
        yield server
    finally:
        server.kill()


def connected(server: Server, seconds: float = PATIENCE) -> socket:
    return create_connection(("127.0.0.1", server.port), seconds)


def exchange(port: int, data: bytes) -> bytes:
    """All that comes back for this, when FIN follows it."""
    with create_connection(("127.0.0.1", port), PATIENCE) as client:
        client.sendall(data)
        client.shutdown(SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize(
    "name",
    [
        "accept_loop_class",
        "accept_loop_module",
        "closing",
        "handed_down",
        "iterated",
        "pool_executor",
        "thread_function",
        "timeouts",
    ],
)
@FORMS
def test_it_answers_in_capitals(name: str, target: Target | None, tmp_path: Path) -> None:
    with running(name, target, tmp_path) as server:
        with connected(server) as client:
            for number in range(3):
                client.sendall(b"n%d" % number)
                assert client.recv(100) == b"N%d" % number
        assert exchange(server.port, b"hello") == b"HELLO"
        assert exchange(server.port, b"") == b""


@pytest.mark.parametrize("name", ["event_loop_buffers", "event_loop_poll_queues", "event_loop_queues"])
@FORMS
def test_each_gets_its_own_replies_in_order(name: str, target: Target | None, tmp_path: Path) -> None:
    with running(name, target, tmp_path) as server, connected(server) as first, connected(server) as second:
        second.sendall(b"two")
        assert second.recv(100) == b"TWO"
        for word in (b"one", b"three"):
            first.sendall(word)
            assert first.recv(100) == word.upper()
        server.rest()  # a client that leaves while its empty queue stands for output ends the first of the old programs
        first.close()
        second.sendall(b"four")
        assert second.recv(100) == b"FOUR"
        second.shutdown(SHUT_WR)
        assert second.recv(100) == b""


@FORMS
def test_what_is_said_of_a_queue_is_said(target: Target | None, tmp_path: Path) -> None:
    with running("event_loop_poll_queues", target, tmp_path) as server, connected(server) as client:
        for word in (b"one", b"two"):
            client.sendall(word)
            assert client.recv(100) == word.upper()
            server.rest()  # the loop finds the queue empty when there is room again
        client.shutdown(SHUT_WR)
        assert client.recv(100) == b""
        said = [line.split()[:2] for line in server.log().splitlines()]
    told = [each for each in said if each[0] not in {"connection", "closing"}]  # of the one that asked whether it listens, too
    assert told == [["received", "b'one'"], ["sending", "b'ONE'"], EMPTY, ["received", "b'two'"], ["sending", "b'TWO'"], EMPTY]
    assert said[-1] == ["closing", "127.0.0.1"]


@FORMS
def test_a_sequential_server_stays_one(target: Target | None, tmp_path: Path) -> None:
    with (
        running("accept_loop_module", target, tmp_path) as server,
        connected(server) as first,
        connected(server, 0.3) as second,
    ):
        first.sendall(b"first")
        assert first.recv(100) == b"FIRST"
        second.sendall(b"second")
        with pytest.raises(TimeoutError):
            second.recv(100)
        first.close()
        second.settimeout(PATIENCE)
        assert second.recv(100) == b"SECOND"


@FORMS
def test_threads_do_not_wait_for_each_other(target: Target | None, tmp_path: Path) -> None:
    with running("thread_function", target, tmp_path) as server, connected(server):
        assert exchange(server.port, b"second") == b"SECOND"


@FORMS
def test_a_pool_serves_so_many_at_a_time(target: Target | None, tmp_path: Path) -> None:
    with running("pool_executor", target, tmp_path) as server, ExitStack() as stack:
        held = [stack.enter_context(connected(server)) for _ in range(8)]
        for client in held:
            client.sendall(b"here")
            assert client.recv(100) == b"HERE"
        ninth = stack.enter_context(connected(server, 0.3))
        ninth.sendall(b"ninth")
        with pytest.raises(TimeoutError):
            ninth.recv(100)
        held.pop().close()
        ninth.settimeout(PATIENCE)
        assert ninth.recv(100) == b"NINTH"


@FORMS
def test_what_one_client_does_wrong_is_its_own_affair(target: Target | None, tmp_path: Path) -> None:
    with running("makefile_text", target, tmp_path) as server, connected(server) as client:
        client.sendall(b"\xff is no text\n")  # UnicodeDecodeError, which nobody catches
        assert exchange(server.port, b"quit\n") == b"hello\n"
        assert b"".join(iter(lambda: client.recv(100), b"")) == b"hello\n"
        assert exchange(server.port, b"quit\n") == b"hello\n"


@FORMS
def test_messages_with_a_length_are_whole(target: Target | None, tmp_path: Path) -> None:
    with running("thread_subclass", target, tmp_path) as server, connected(server) as other:
        assert exchange(server.port, b"\x05ab") == b""
        other.sendall(b"\x05hello\x00\x03you")
        assert b"".join(other.recv(1) for _ in range(8)) == b"HELLOYOU"


@FORMS
def test_messages_of_one_length_are_sent_and_received_in_loops(target: Target | None, tmp_path: Path) -> None:
    with running("howto_loops", target, tmp_path) as server:
        whole = exchange(server.port, b"helloworldand")
        assert whole == b"HELLO" * 50_000 + b"WORLD" * 50_000 + b"socket connection broken\n"


@FORMS
def test_lines_of_text_are_lines_whatever_ends_them(target: Target | None, tmp_path: Path) -> None:
    program = running("makefile_text", target, tmp_path)
    with program as server, connected(server) as client, client.makefile("rb") as file:
        assert file.readline() == b"hello\n"
        for line in (b"one\r\n", b"thr\xc3\xa9e\n"):  # one by one: a text file that is written to forgets what it has read
            client.sendall(line)
            assert file.readline() == line.decode().upper().strip().encode() + b"\n"
        client.sendall(b"quit\n")
        assert file.readline() == b""


@FORMS
def test_a_length_below_zero_is_an_error_and_not_all_that_comes(target: Target | None, tmp_path: Path) -> None:
    with running("makefile_sizes", target, tmp_path) as server, connected(server) as client, client.makefile("rb") as file:
        client.sendall(b"-5\n")
        assert file.readline() == b"no length\n"
        client.sendall(b"6\nhello\n0\n-1\nrest\n")
        client.shutdown(SHUT_WR)
        assert file.read() == b"HELLO\nREST\n"


@FORMS
def test_lines_of_bytes_are_cut_at_the_limit(target: Target | None, tmp_path: Path) -> None:
    with running("makefile_lines", target, tmp_path) as server:
        assert exchange(server.port, b"a\r\nb\n" + b"c" * 1500) == b"A\r\nB\n" + b"C" * 1500


@FORMS
def test_what_follows_the_loop_is_done_at_a_signal(target: Target | None, tmp_path: Path) -> None:
    with running("handed_down", target, tmp_path) as server:
        assert exchange(server.port, b"hello") == b"HELLO"
        server.signal(signal.SIGINT)
        server.expect_end()
        assert b"bye" in server.rest_of_output()
    with running("timeouts", target, tmp_path) as server:
        assert exchange(server.port, LARGE) == LARGE.upper()
        server.signal(signal.SIGTERM)
        server.expect_end()


@FORMS
@pytest.mark.parametrize("name", ["socketserver_shutdown", "thread_function"])
def test_a_client_may_say_all_before_it_listens(name: str, target: Target | None, tmp_path: Path) -> None:
    """As much as the kernel kept of a socket's: a stream of trio's own leaves room for 16 KiB."""
    with running(name, target, tmp_path) as server, socket() as client:
        client.settimeout(PATIENCE)
        for option in (SO_SNDBUF, SO_RCVBUF):
            client.setsockopt(SOL_SOCKET, option, 65536)  # what does not go out again stays with the server
        client.connect(("127.0.0.1", server.port))
        client.sendall(LARGE)
        client.shutdown(SHUT_WR)
        assert b"".join(iter(lambda: client.recv(65536), b"")) == LARGE.upper()


def tells(server: Server, text: bytes) -> bool:
    return server.rest_of_output() == text


@FORMS
def test_clients_are_counted_as_their_threads_were(target: Target | None, tmp_path: Path) -> None:
    with running("thread_counted", target, tmp_path) as server:
        for _ in range(2):
            server.reaches(server.is_asleep, "does not fall asleep")  # those who have left have been let go
            told = server.rest_of_output() + b"clients: 1\nclients: 2\n"
            with connected(server) as ann, connected(server) as bob:
                for client in (ann, bob):
                    client.sendall(b"here")
                    assert client.recv(100) == b"HERE"
                server.reaches(partial(tells, server, told), "counts otherwise")
                for client in (ann, bob):
                    client.shutdown(SHUT_WR)
                    assert client.recv(100) == b""


@pytest.mark.parametrize("target", [*Target])
def test_a_signal_that_is_held_down_ends_the_loop_once(target: Target, tmp_path: Path) -> None:
    """The handler wakes the loop by a system call, and the next signal may come in the midst of it, and so on."""
    with running("socketserver_shutdown", target, tmp_path) as server:
        assert exchange(server.port, b"hello") == b"HELLO"
        give_up = time.monotonic() + PATIENCE
        while server.status is None and time.monotonic() < give_up:
            server.signal(signal.SIGTERM)
        assert server.status in (0, -signal.SIGTERM)  # by the second it is ended once its handlers have gone
        assert server.log().count(TRACEBACK) == server.log().count("the signal wakeup fd")  # trio: see tests/upstream


def test_a_signal_in_the_midst_of_a_fork_is_not_lost(tmp_path: Path) -> None:
    """asyncio imports logging, and what a handler raises in a hook of the fork is dropped."""
    now = tmp_path / "now"
    hook = f"""\
import os, signal
os.register_at_fork(before=lambda: os.path.exists({str(now)!r}) and os.kill(os.getpid(), signal.SIGTERM))
"""
    text = (INPUTS / "forked_workers.py").read_text()
    program = tmp_path / "program.py"
    program.write_text(hook + rewrite(text, str(program), Target.ASYNCIO).text)
    server = Launch([sys.executable, str(program), "{port}"]).start(wait=PATIENCE)
    try:
        assert exchange(server.port, b"hello") == b"HELLO"
        server.reaches(lambda: len(server.processes()) == 3, "has no two workers")
        now.touch()
        server.processes()[1].kill()  # its parent forks another, and is sent SIGTERM as it does
        server.expect_end()
    finally:
        server.kill()


@FORMS
def test_a_file_that_was_late_gives_nothing_more(target: Target | None, tmp_path: Path) -> None:
    with (
        running("socketserver_timeout", target, tmp_path) as server,
        connected(server) as client,
        client.makefile("rb") as file,
    ):
        client.sendall(b"hello\nyou")
        assert [file.readline() for _ in range(4)] == [
            b"HELLO\n",
            b"late after 1\n",
            b"cannot read from timed out object\n",
            b"",
        ]


NEVER_LOOKING = {
    "not at all": """
def talk(client):
    while True:
        client.sendall(client.recv(1024).upper())
""",
    "in the inner loop": """
def talk(client):
    while True:
        while True:
            data = client.recv(1024)
            if not data:
                break
            client.sendall(data.upper())
""",
    "one call too deep": """
def step(client):
    data = client.recv(1024)
    if not data:
        return
    client.sendall(data.upper())


def talk(client):
    while True:
        step(client)
""",
    "caught again": """
def word(client):
    data = client.recv(1024)
    if not data:
        raise ValueError("nothing")
    return data


def talk(client):
    while True:
        try:
            client.sendall(word(client).upper())
        except ValueError:
            pass
""",
    "in a file": """
def talk(client):
    file = client.makefile("rwb")
    while True:
        file.write(file.readline().upper())
        file.flush()
""",
    "with a time limit": """
def talk(client):
    client.settimeout(20)
    while True:
        client.sendall(client.recv(1024).upper())
""",
}
A_THREAD_FOR_EACH = """
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, _ = listener.accept()
    threading.Thread(target=talk, args=(client,), daemon=True).start()
"""


@pytest.mark.parametrize("talk", NEVER_LOOKING.values(), ids=NEVER_LOOKING)
@pytest.mark.parametrize("target", [None, Target.ASYNCIO], ids=["before", "asyncio"])  # a read of the others always yields
def test_who_never_looks_for_the_end_of_input_spins_alone(talk: str, target: Target | None, tmp_path: Path) -> None:
    text = f"import socket\nimport sys\nimport threading\n\n{talk}\n{A_THREAD_FOR_EACH}"
    assert target is None or rewrite(text, "it.py", target).changes
    with started(text, target, tmp_path) as server, connected(server) as spinning, connected(server) as other:
        for client in (spinning, other):
            client.sendall(b"one\n")
            assert client.recv(100) == b"ONE\n"
        spinning.shutdown(SHUT_WR)
        for _ in range(3):
            other.sendall(b"two\n")
            assert other.recv(100) == b"TWO\n"
