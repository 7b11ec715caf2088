import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from iomodels.contract.server import Launch, free_port
from models.client_pool import Pool
from models.ground.dial import ConnectError, Connection
from tests.models.ground.meeting import PATIENCE, ROOT, Worker, end_of, receive, reset, until
from tests.models.programs import Program, on_each_runtime


class Server:
    """A server in the test's own hands."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.address: tuple[str, int] = self.listener.getsockname()

    def accept(self) -> socket.socket:
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        return connection


@pytest.fixture
def server() -> Iterator[Server]:
    here = Server()
    with here.listener:
        yield here


def answer(connection: socket.socket, reply: bytes = b"YES\n") -> None:
    """Have the reply lie ready for whoever asks next: the server's part needs no thread."""
    connection.sendall(reply)


def ask(pool: Pool, server_end: socket.socket, reply: bytes = b"YES\n") -> bytes:
    with pool.acquire() as connection:
        answer(server_end, reply)
        said = connection.ask(b"well?\n")
    assert receive(server_end, 6) == b"well?\n"
    return said


def opened(pool: Pool, server: Server) -> socket.socket:
    """Have the pool open a connection and keep it; the server's end."""
    with pool.acquire():
        return server.accept()


def test_a_connection_is_used_again(server: Server) -> None:
    with closing(Pool(server.address, 4)) as pool, opened(pool, server) as far:
        assert [ask(pool, far) for _ in range(3)] == [b"YES\n"] * 3
        assert pool.opened == 1


def test_who_finds_none_free_waits_for_it_and_no_longer_than_the_timeout(server: Server) -> None:
    with closing(Pool(server.address, 1, timeout=0.1)) as pool:
        with pool.acquire(), pytest.raises(TimeoutError, match=r"^none of 1 connections came free within 0\.1 s$"):
            pool.acquire().__enter__()
        with pool.acquire():
            pass


def test_who_waits_gets_the_connection_that_comes_back(server: Server) -> None:
    with closing(Pool(server.address, 1)) as pool:
        lent: list[Connection] = []

        def wait() -> None:
            with pool.acquire() as connection:
                lent.append(connection)

        with pool.acquire() as first:
            waiter = Worker(wait)
            waiter.wait_until_asleep()
        waiter.join(PATIENCE)
        assert lent == [first]
        assert pool.opened == 1


@pytest.mark.parametrize("ending", [socket.socket.close, reset])
def test_one_that_the_server_has_ended_meanwhile_is_not_lent(server: Server, ending: object) -> None:
    with closing(Pool(server.address, 1)) as pool:
        with pool.acquire() as connection:
            far = server.accept()
        assert callable(ending)
        ending(far)
        until(lambda: not connection.is_quiet(), "its end does not arrive")
        with pool.acquire() as another:
            assert another is not connection
        assert pool.opened == 2
        assert connection.socket.fileno() == -1


def test_one_with_bytes_that_nobody_asked_for_is_not_lent(server: Server) -> None:
    with closing(Pool(server.address, 1)) as pool, opened(pool, server) as far:
        answer(far, b"BYE\n")
        with pool.acquire() as connection, server.accept() as fresh:
            answer(fresh)
            assert connection.ask(b"well?\n") == b"YES\n"
        with pytest.raises(ConnectionResetError):  # closed with something unread (RFC 9293, 3.6.1; RFC 1122, 4.2.2.13)
            far.recv(1)
        assert pool.opened == 2


@pytest.mark.parametrize("reply", [b"YE", b"YES\nand", b"YES\nNO\n"])
def test_one_in_mid_reply_or_with_more_than_the_reply_is_closed(server: Server, reply: bytes) -> None:
    with closing(Pool(server.address, 1, timeout=0.1)) as pool, opened(pool, server) as far:
        if b"\n" in reply:
            assert ask(pool, far, reply) == reply
        else:
            with pytest.raises(TimeoutError):
                ask(pool, far, reply)
            assert receive(far, 6) == b"well?\n"
        assert far.recv(1) == b""
        with pool.acquire() as connection:
            assert connection.whole
        assert pool.opened == 2


def test_one_that_was_left_in_mid_request_is_closed_although_nothing_was_raised_to_the_end(server: Server) -> None:
    with closing(Pool(server.address, 1, timeout=0.1)) as pool, opened(pool, server) as far:
        with pool.acquire() as connection:
            try:
                connection.ask(b"well?\n")
            except TimeoutError:
                pass
        assert end_of(far) == b"well?\n"


def test_one_whose_borrower_failed_after_the_whole_reply_is_kept(server: Server) -> None:
    with closing(Pool(server.address, 1)) as pool, opened(pool, server) as far:
        with pytest.raises(ZeroDivisionError), pool.acquire() as connection:  # noqa: PT012 - what fails is the block
            answer(far)
            connection.ask(b"well?\n")
            _ = 1 / 0
        assert receive(far, 6) == b"well?\n"
        assert ask(pool, far) == b"YES\n"
        assert pool.opened == 1


def test_one_that_lay_idle_too_long_is_closed(server: Server) -> None:
    with closing(Pool(server.address, 1, idle=-1.0)) as pool, opened(pool, server) as far:
        assert far.recv(1) == b""


def test_a_connection_that_cannot_be_opened_takes_no_place() -> None:
    port = free_port()
    with closing(Pool(("127.0.0.1", port), 1, timeout=0.1)) as pool:
        for _ in range(3):
            with pytest.raises(ConnectError, match=f"^cannot connect to 127.0.0.1:{port}: Connection refused$"):
                pool.acquire().__enter__()
        assert pool.opened == 0


def test_closing_closes_the_idle_now_and_the_lent_when_they_come_back(server: Server) -> None:
    pool = Pool(server.address, 2)
    with pool.acquire() as lent, server.accept() as far_lent:
        with opened(pool, server) as far_idle:
            pool.close()
            assert far_idle.recv(1) == b""
        answer(far_lent)
        assert lent.ask(b"well?\n") == b"YES\n"
        assert receive(far_lent, 6) == b"well?\n"
        far_lent = far_lent.dup()
    far_lent.settimeout(PATIENCE)
    with far_lent:
        assert far_lent.recv(1) == b""


def test_many_threads_share_few_connections_and_each_gets_its_own_replies() -> None:
    server = Launch([sys.executable, "-m", "models.threads", "--port", "0", "--service", "lines"], directory=ROOT).start()
    busy: set[Connection] = set()
    together = threading.Barrier(8)

    def work(thread: int) -> None:
        together.wait(PATIENCE)
        for number in range(50):
            with pool.acquire() as connection:
                assert connection not in busy
                busy.add(connection)
                assert len(busy) <= 3
                assert connection.ask(b"thread %d, line %d\n" % (thread, number)) == b"THREAD %d, LINE %d\n" % (thread, number)
                busy.remove(connection)

    try:
        with closing(Pool((server.host, server.port), 3)) as pool, ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
        assert 1 <= pool.opened <= 3
    finally:
        server.stop()


@pytest.fixture(params=on_each_runtime("client_pool"))
def program(request: pytest.FixtureRequest) -> Program:
    assert isinstance(request.param, Program)
    return request.param


def run(program: Program, *options: object) -> tuple[int, str, str]:
    command = [*program.command, *map(str, options)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def test_the_program_says_how_many_connections_it_took(program: Program) -> None:
    service = "upper" if program.name == "models.client_pool" else "lines"
    server = Launch([sys.executable, "-m", "models.threads", "--port", "0", "--service", service], directory=ROOT).start()
    try:
        assert run(program, "--port", server.port, "--threads", 1) == (0, "200 requests over 1 connection\n", "")
        status, output, errors = run(program, "--port", server.port, "--requests", 500, "--size", 3, "--threads", 9)
        assert (status, errors) == (0, "")
        assert re.fullmatch(r"500 requests over [123] connections?\n", output)
    finally:
        server.stop()


def test_the_program_ends_with_one_line_when_it_is_refused_or_answered_strangely(program: Program) -> None:
    port = free_port()
    assert run(program, "--port", port) == (
        1,
        "",
        f"{program.name}: cannot connect to 127.0.0.1:{port}: Connection refused\n",
    )
    server = Launch([sys.executable, "-m", "models.threads", "--port", "0", "--service", "resp"], directory=ROOT).start()
    try:
        status, output, errors = run(program, "--port", server.port, "--threads", 1)
    finally:
        server.stop()
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert errors.startswith(f"{program.name}: 127.0.0.1:{server.port}: the reply to b'request 0\\n' is b\"-ERR")
    assert errors.endswith(": the service has to be upper or lines\n")


def test_the_program_ends_with_one_line_when_nobody_answers(program: Program, server: Server) -> None:
    host, port = server.address  # it accepts, in its backlog, and says nothing
    assert run(program, "--port", port, "--timeout", 0.5, "--requests", 1) == (
        1,
        "",
        f"{program.name}: {host}:{port}: timed out\n",
    )


def test_the_program_ends_with_one_line_when_it_is_hung_up_on(program: Program, server: Server) -> None:
    def hang_up() -> None:
        with server.accept() as far:
            far.recv(1)
            reset(far)

    hanging_up = threading.Thread(target=hang_up)
    hanging_up.start()
    host, port = server.address
    line = f"{program.name}: {host}:{port}: Connection reset by peer\n"
    assert run(program, "--port", port, "--requests", 1) == (1, "", line)
    hanging_up.join(PATIENCE)


def test_ctrl_c_is_status_130_at_once(program: Program, server: Server) -> None:
    if program.name == "models.client_pool":
        pytest.skip("a thread cannot be cancelled: each comes to the end of its request, or of its patience")
    command = [*program.command, "--port", str(server.address[1])]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with server.accept() as far:
        assert receive(far, 7) == b"request"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=PATIENCE) == (b"", b"")
        assert process.returncode == 130
