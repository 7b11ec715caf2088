import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from iomodels.contract.server import free_port
from models.client import talk
from models.ground.terminal import Terminal
from tests.models.ground.meeting import PATIENCE, ROOT, end_of, receive, reset, until
from tests.models.programs import Program, on_each_runtime

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
SYN_SENT = "02"  # of a TCP socket that is connecting, in /proc/net/tcp
UNCONNECTED = "01"  # of a Unix socket, in /proc/net/unix


@pytest.fixture(params=on_each_runtime("client"))
def program(request: pytest.FixtureRequest) -> Program:
    assert isinstance(request.param, Program)
    return request.param


@pytest.fixture(params=on_each_runtime("client", own_loop_alone=True))
def plain_program(request: pytest.FixtureRequest) -> Program:
    """For what no loop has a part in."""
    assert isinstance(request.param, Program)
    return request.param


class Server:
    """A server in the test's own hands: it accepts when the test says so."""

    def __init__(self, path: str | None = None) -> None:
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listener.bind(path or ("127.0.0.1", 0))
        self.listener.listen()
        self.listener.settimeout(PATIENCE)
        self.port = 0 if path else self.listener.getsockname()[1]
        self.name = path or f"127.0.0.1:{self.port}"

    def accept(self) -> socket.socket:
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        return connection


@pytest.fixture
def server() -> Iterator[Server]:
    here = Server()
    with here.listener:
        yield here


@pytest.fixture
def unix(tmp_path: Path) -> Iterator[Server]:
    """On a Unix socket, whose sender stops when its buffer is full, with no timer that might set it going again."""
    here = Server(str(tmp_path / "s"))
    with here.listener:
        yield here


class Client:
    """The client as a process."""

    def __init__(
        self, program: Program, *options: object, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.PIPE
    ) -> None:
        words = [*program.command, *map(str, options)]
        self.process = subprocess.Popen(words, env=ENVIRONMENT, cwd=ROOT, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)

    def ended(self) -> tuple[int, bytes, str]:
        """Exit status, output and errors, when it has ended by itself."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output, errors.decode()

    def shown(self, count: int) -> bytes:
        """The next bytes on its standard output."""
        assert self.process.stdout is not None
        came = b""
        while len(came) < count:
            assert select.select([self.process.stdout], [], [], PATIENCE)[0], f"only {came!r} was shown"
            data = os.read(self.process.stdout.fileno(), count - len(came))
            assert data, f"the client has ended: {came!r} was shown"
            came += data
        return came


class Screen:
    """The client on a terminal: what a person types and sees."""

    def __init__(self, program: Program, *options: object) -> None:
        self.terminal, self._inner = os.openpty()
        # The leader of a session without a terminal gets the first one that it opens as its own, with Ctrl-C (credentials(7)).
        words = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>"$0"', os.ttyname(self._inner), *program.command, *map(str, options)]
        self.process = subprocess.Popen(words, env=ENVIRONMENT, cwd=ROOT, start_new_session=True)
        self._seen = ""

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def sees(self, text: str) -> None:
        """Wait until `text` is the end of the screen. A terminal ends its lines with CR LF."""
        end = time.monotonic() + PATIENCE
        while not self._seen.endswith(text):
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"the screen ends with {self._seen[-200:]!r}, not with {text!r}"
            self._seen += os.read(self.terminal, 65536).decode()

    def status(self) -> int:
        """Its exit status, when it has ended by itself."""
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)
        os.close(self._inner)


@pytest.fixture
def screen(program: Program, server: Server) -> Iterator[Screen]:
    """A client on a terminal; its server has accepted nothing yet."""
    with closing(Screen(program, "--port", server.port)) as here:
        yield here


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (["--send", "hello"], b"hello\n"),
        (["--send", "one", "--send", "two"], b"one\ntwo\n"),
        (["--send", "one", "--send", "two", "--no-newline"], b"onetwo"),
        (["--send", ""], b"\n"),
        (["--send", "", "--no-newline"], b""),
        (["--send", os.fsdecode(b"\xff\xfe")], b"\xff\xfe\n"),
    ],
)
def test_send_sends_and_half_closes_and_prints_what_comes_as_it_came(
    plain_program: Program, server: Server, options: list[str], sent: bytes
) -> None:
    client = Client(plain_program, "--port", server.port, *options)
    with server.accept() as connection:
        assert end_of(connection) == sent
        connection.sendall(b"\x00\xffreply without an end of line")
    assert client.ended() == (0, b"\x00\xffreply without an end of line", "")


def test_a_piped_standard_input_is_sent_as_it_is_without_a_prompt(program: Program, server: Server) -> None:
    client = Client(program, "--port", server.port, stdin=subprocess.PIPE)
    assert client.process.stdin is not None
    with server.accept() as connection:
        client.process.stdin.write(b"a\nb")
        client.process.stdin.flush()
        assert receive(connection, 3) == b"a\nb"
        connection.sendall(b"now")
        assert client.shown(3) == b"now"  # while the pipe is open
        client.process.stdin.close()
        client.process.stdin = None
        assert end_of(connection) == b""
        connection.sendall(b"then")
    assert client.ended() == (0, b"then", "")


def test_a_regular_file_is_standard_input_as_well(program: Program, server: Server, tmp_path: Path) -> None:
    text = os.urandom(3_000_000)
    (tmp_path / "file").write_bytes(text)
    with (tmp_path / "file").open("rb") as file:
        client = Client(program, "--port", server.port, stdin=file.fileno())
    with server.accept() as connection:
        assert end_of(connection) == text
        connection.sendall(b"thanks")
    assert client.ended() == (0, b"thanks", "")


def test_it_needs_no_standard_input_and_no_standard_output(program: Program, server: Server) -> None:
    words = ["sh", "-c", 'exec "$@" <&- >&-', "sh", *program.command, "--port", str(server.port)]
    process = subprocess.Popen(words, env=ENVIRONMENT, cwd=ROOT, stderr=subprocess.PIPE)
    with server.accept() as connection:
        assert end_of(connection) == b""
        connection.sendall(b"for nobody")
    assert process.communicate(timeout=PATIENCE)[1] == b""
    assert process.returncode == 0


def test_a_unix_socket(program: Program, unix: Server) -> None:
    client = Client(program, "--unix", unix.name, "--send", "hello")
    with unix.accept() as connection:
        assert end_of(connection) == b"hello\n"
        connection.sendall(b"HELLO\n")
    assert client.ended() == (0, b"HELLO\n", "")


class Sleeping:
    """Whether a client sleeps: the kernel counts how often it was awake (proc(5)), and in five looks the count is the same."""

    def __init__(self, client: Client) -> None:
        self.looks: list[str] = []
        self._status = Path(f"/proc/{client.process.pid}/status")

    def __call__(self) -> bool:
        self.looks = [*self.looks, self._status.read_text()][-5:]
        return len(self.looks) == 5 and len(set(self.looks)) == 1 and "State:\tS" in self.looks[-1]


def type_until_stuck(client: Client, data: bytes) -> memoryview:
    """Feed standard input until the client takes no more: its pipe is full, and it sleeps. Returns what is left."""
    stdin = client.process.stdin
    assert stdin is not None
    left = memoryview(data)
    asleep = Sleeping(client)

    def stuck() -> bool:
        nonlocal left
        while left and select.select([], [stdin], [], 0)[1]:
            left = left[os.write(stdin.fileno(), left[: select.PIPE_BUF]) :]
            asleep.looks.clear()
        return asleep()

    until(stuck, "it never sleeps")
    assert left, "it took all, and nobody reads"
    return left


def test_a_server_that_does_not_read_keeps_nothing_from_being_shown_and_nothing_is_lost(program: Program, unix: Server) -> None:
    pasted = os.urandom(1 << 22)
    client = Client(program, "--unix", unix.name, stdin=subprocess.PIPE)
    stdin = client.process.stdin
    assert stdin is not None
    with unix.accept() as connection:
        left = type_until_stuck(client, pasted)
        connection.sendall(b"I am here")
        assert client.shown(9) == b"I am here"

        def type_the_rest() -> None:
            stdin.write(left)
            stdin.close()

        typing = threading.Thread(target=type_the_rest)
        typing.start()
        assert end_of(connection) == pasted
        typing.join(PATIENCE)
        connection.sendall(b"that was all")
    client.process.stdin = None
    assert client.ended() == (0, b"that was all", "")


def test_a_server_that_ends_before_it_has_taken_all_is_no_success(program: Program, unix: Server) -> None:
    client = Client(program, "--unix", unix.name, stdin=subprocess.PIPE)
    with unix.accept() as connection:
        type_until_stuck(client, bytes(1 << 22))
        connection.sendall(b"enough")
        connection.shutdown(socket.SHUT_WR)
        status, output, errors = client.ended()
    assert (status, output) == (1, b"enough")
    assert errors == f"{program.name}: {unix.name}: it ended before it had taken all\n"


def test_a_reset_costs_one_line_and_nothing_that_came_before_it(program: Program, server: Server) -> None:
    client = Client(program, "--port", server.port, "--send", "hello")
    connection = server.accept()
    connection.sendall(b"half a re")
    assert client.shown(9) == b"half a re"
    reset(connection)
    assert client.ended() == (1, b"", f"{program.name}: {server.name}: Connection reset by peer\n")


def test_a_reset_while_there_is_more_to_send_costs_one_line(program: Program, server: Server) -> None:
    client = Client(program, "--port", server.port, stdin=subprocess.PIPE)
    connection = server.accept()
    stdin = client.process.stdin
    assert stdin is not None
    os.write(stdin.fileno(), b"hello")
    assert receive(connection, 5) == b"hello"
    reset(connection)
    with pytest.raises(BrokenPipeError):  # noqa: PT012 - the client ends while it is fed
        while True:
            os.write(stdin.fileno(), bytes(65536))
    client.process.stdin = None
    status, output, errors = client.ended()
    assert (status, output) == (1, b"")
    assert errors in {f"{program.name}: {server.name}: {why}\n" for why in ("Connection reset by peer", "Broken pipe")}


def test_what_a_server_said_before_it_went_is_shown_although_sending_fails_first(capfd: pytest.CaptureFixture[str]) -> None:
    near, far = socket.socketpair()
    keyboard, typed = os.pipe()
    os.write(typed, b"more")
    far.sendall(b"last words")
    far.close()
    terminal = Terminal(typing=False)
    terminal.keyboard = keyboard
    with near, pytest.raises(BrokenPipeError):  # all three are ready in the first turn
        talk(near, terminal, b"hello", PATIENCE)
    assert capfd.readouterr() == ("last words", "")
    os.close(keyboard)
    os.close(typed)


def test_what_a_server_said_before_it_was_gone_is_shown_however_much_is_typed_meanwhile(
    program: Program, server: Server
) -> None:
    client = Client(program, "--port", server.port, stdin=subprocess.PIPE)
    stdin = client.process.stdin
    assert stdin is not None
    with server.accept() as connection:
        os.write(stdin.fileno(), b"hello")
        assert receive(connection, 5) == b"hello"
        client.process.send_signal(signal.SIGSTOP)  # so that it finds all at once: what was said, the reset, and what was typed
        os.write(stdin.fileno(), b"more")
        connection.sendall(b"last words")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.process.send_signal(signal.SIGCONT)
    status, output, errors = client.ended()
    assert (status, output) == (1, b"last words")
    assert errors in {f"{program.name}: {server.name}: {why}\n" for why in ("Connection reset by peer", "Broken pipe")}


def test_the_end_of_the_server_is_not_worth_a_word_in_a_script(program: Program, server: Server) -> None:
    client = Client(program, "--port", server.port, stdin=subprocess.PIPE)
    server.accept().close()
    assert client.process.wait(PATIENCE) == 0  # although standard input is open
    assert client.ended() == (0, b"", "")


def test_a_silent_server_is_given_up(program: Program, server: Server) -> None:
    client = Client(program, "--port", server.port, "--send", "hello", "--timeout", "0.5")
    with server.accept():
        assert client.ended() == (1, b"", f"{program.name}: {server.name}: silent for 0.5 s\n")


def test_a_server_that_does_not_accept_is_given_up(program: Program, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        first.connect(path)  # the backlog is full now
        line = f"{program.name}: cannot connect to {path}: no answer within 0.2 s\n"
        assert Client(program, "--unix", path, "--timeout", "0.2").ended() == (1, b"", line)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            line = f"{program.name}: cannot connect to 127.0.0.1:{port}: no answer within 0.2 s\n"
            assert Client(program, "--port", port, "--timeout", "0.2").ended() == (1, b"", line)


def waits_to_be_connected(pid: int) -> bool:
    """Whether it sleeps, and has a Unix socket that is not connected."""
    sockets = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    unconnected = {f"socket:[{inode}]" for *_, state, inode in (words[:7] for words in sockets) if state == UNCONNECTED}
    own = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            own.add(str(descriptor.readlink()))
    return bool(own & unconnected) and "State:\tS" in Path(f"/proc/{pid}/status").read_text()


def test_who_waits_for_room_in_a_unix_sockets_backlog_gets_it(program: Program, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as first:
        listener.bind(path)
        listener.listen(0)
        listener.settimeout(PATIENCE)
        first.connect(path)
        client = Client(program, "--unix", path, "--send", "hello")
        until(lambda: waits_to_be_connected(client.process.pid), "it does not wait")
        listener.accept()[0].close()
        with listener.accept()[0] as connection:
            assert end_of(connection) == b"hello\n"
    assert client.ended() == (0, b"", "")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--host", "no-such-host.invalid"], "cannot connect to no-such-host.invalid:8080: "),
        (["--host", "a..b"], "cannot connect to a..b:8080: 'a..b' is not a host name"),
        (["--host", "::1", "--port", str(free_port())], "cannot connect to [::1]:"),
        (["--unix", "/no/such/socket"], "cannot connect to /no/such/socket: No such file or directory"),
        (["--unix", "/" + "x" * 200], "cannot connect to /" + "x" * 200 + ": AF_UNIX path too long"),
    ],
)
def test_who_cannot_be_reached_is_named_in_one_line(plain_program: Program, options: list[str], line: str) -> None:
    status, output, errors = Client(plain_program, *options, "--send", "hello").ended()
    assert (status, output) == (1, b"")
    assert errors.startswith(f"{plain_program.name}: {line}"), errors
    assert errors.count("\n") == 1


def test_a_refusal_is_one_line(program: Program) -> None:
    port = free_port()
    assert Client(program, "--port", port).ended() == (
        1,
        b"",
        f"{program.name}: cannot connect to 127.0.0.1:{port}: Connection refused\n",
    )


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--sent", "x"], "unknown option --sent; did you mean --send?"),
        (["--port", "many"], "argument --port: 'many' is not a port: 0 to 65535"),
        (["--timeout", "soon"], "argument --timeout: 'soon' is not a number of seconds"),
    ],
)
def test_a_wrong_command_line_costs_one_line(plain_program: Program, options: list[str], line: str) -> None:
    assert Client(plain_program, *options).ended() == (2, b"", f"{plain_program.name}: {line}\n")


def test_a_timeout_beyond_what_the_kernel_counts_is_no_traceback(program: Program, server: Server) -> None:
    client = Client(program, "--port", server.port, "--send", "hello", "--timeout", "1e300")
    with server.accept() as connection:
        assert end_of(connection) == b"hello\n"
    assert client.ended() == (0, b"", "")


def test_an_output_that_is_gone_or_full_costs_one_line(plain_program: Program, server: Server) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("wb") as full:
        for output, why in ((writer, "Broken pipe"), (full.fileno(), "No space left on device")):
            client = Client(plain_program, "--port", server.port, "--send", "hello", stdout=output)
            with server.accept() as connection:
                connection.sendall(b"reply")
                assert client.ended()[::2] == (1, f"{plain_program.name}: cannot write to standard output: {why}\n")
    os.close(writer)


def test_ctrl_c_while_it_waits_for_the_server_is_status_130(program: Program, server: Server) -> None:
    client = Client(program, "--port", server.port, "--send", "hello")
    with server.accept() as connection:
        assert end_of(connection) == b"hello\n"
        client.process.send_signal(signal.SIGINT)
        assert client.ended() == (130, b"", "")


def test_ctrl_c_while_it_connects_is_status_130(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.create_connection(listener.getsockname()):
        port = listener.getsockname()[1]  # whose backlog is full now
        client = Client(program, "--port", port)
        until(lambda: f":{port:04X} {SYN_SENT} " in Path("/proc/net/tcp").read_text(), "it does not connect")
        client.process.send_signal(signal.SIGINT)
        assert client.ended() == (130, b"", "")


class Flood(threading.Thread):
    """A server that says more than anybody can hear."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self.flowing = threading.Event()
        self._connection = connection
        self.start()

    def run(self) -> None:
        with suppress(ConnectionError):
            while True:
                self._connection.sendall(bytes(1 << 20))
                self.flowing.set()


def test_ctrl_c_while_the_server_floods_is_status_130(program: Program, server: Server) -> None:
    with Path(os.devnull).open("wb") as nowhere:
        client = Client(program, "--port", server.port, stdin=subprocess.PIPE, stdout=nowhere.fileno())
    with server.accept() as connection:
        flood = Flood(connection)
        assert flood.flowing.wait(PATIENCE)
        client.process.send_signal(signal.SIGINT)
        assert client.ended()[::2] == (130, "")
        flood.join(PATIENCE)


def test_ctrl_c_while_nobody_reads_what_is_shown_is_status_130(program: Program, server: Server) -> None:
    client = Client(program, "--port", server.port, stdin=subprocess.PIPE)
    with server.accept() as connection:
        flood = Flood(connection)
        until(Sleeping(client), "it never sleeps")
        client.process.send_signal(signal.SIGINT)
        assert client.process.wait(PATIENCE) == 130
        assert client.ended()[2] == ""
        flood.join(PATIENCE)


def test_ctrl_c_that_is_ignored_as_in_a_background_job_stays_ignored(program: Program, server: Server) -> None:
    words = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *program.command, "--port", str(server.port)]
    process = subprocess.Popen(words, env=ENVIRONMENT, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    with server.accept() as connection:
        assert end_of(connection) == b""
        process.send_signal(signal.SIGINT)
        connection.sendall(b"still here")
    assert process.communicate(timeout=PATIENCE)[0] == b"still here"
    assert process.returncode == 0


def test_a_reader_who_takes_his_time_is_not_a_silent_server(program: Program, server: Server) -> None:
    reply = os.urandom(1 << 19)  # more than a pipe holds
    client = Client(program, "--port", server.port, "--timeout", "0.5")
    with server.accept() as connection:
        connection.sendall(reply)
        until(Sleeping(client), "it never sleeps")
        time.sleep(0.6)  # he takes it
        assert client.shown(len(reply)) == reply
    assert client.ended() == (0, b"", "")


def test_the_terminal_is_left_as_it_was_for_the_shell(program: Program, server: Server) -> None:
    terminal, inner = os.openpty()
    client = Client(program, "--port", server.port, stdin=inner, stdout=inner)
    with server.accept() as connection:
        os.write(terminal, b"hello\n")
        assert receive(connection, 6) == b"hello\n"
        assert os.get_blocking(inner)
    assert client.process.wait(PATIENCE) == 0
    assert os.get_blocking(inner)
    os.close(terminal)
    os.close(inner)


def test_the_prompt_is_shown_and_what_is_typed_is_answered_above_the_next_one(server: Server, screen: Screen) -> None:
    with server.accept() as connection:
        screen.sees(">>: ")
        screen.type("hello\n")
        assert receive(connection, 6) == b"hello\n"
        connection.sendall(b"HELLO\n")
        screen.sees(">>: hello\r\nHELLO\r\n>>: ")
        screen.type("again\n")
        assert receive(connection, 6) == b"again\n"
        connection.sendall(b"AGAIN")  # without an end of line: the prompt begins one
        screen.sees(">>: again\r\nAGAIN\r\n>>: ")


def test_what_comes_unasked_in_the_middle_of_typing_is_shown_and_disturbs_it_not(server: Server, screen: Screen) -> None:
    with server.accept() as connection:
        screen.sees(">>: ")
        screen.type("hel")
        screen.sees(">>: hel")
        connection.sendall(b"news\n")
        screen.sees(">>: hel\r\nnews\r\n>>: ")
        screen.type("lo\n")
        assert receive(connection, 6) == b"hello\n"


def test_the_end_of_the_server_is_noticed_at_once_not_at_the_next_enter(
    program: Program, server: Server, screen: Screen
) -> None:
    connection = server.accept()
    screen.sees(">>: ")
    screen.type("hel")
    screen.sees("hel")
    connection.close()
    screen.sees(f">>: hel\r\n{program.name}: {server.name} has ended the conversation\r\n")
    assert screen.status() == 0


def test_a_reset_at_the_prompt_is_noticed_at_once(program: Program, server: Server, screen: Screen) -> None:
    connection = server.accept()
    screen.sees(">>: ")
    reset(connection)
    screen.sees(f">>: \r\n{program.name}: {server.name}: Connection reset by peer\r\n")
    assert screen.status() == 1


def test_ctrl_d_half_closes_and_shows_what_still_comes(server: Server, screen: Screen) -> None:
    with server.accept() as connection:
        screen.sees(">>: ")
        screen.type("\x04")
        assert end_of(connection) == b""
        connection.sendall(b"last words\n")
    screen.sees(">>: \r\nlast words\r\n")
    assert screen.status() == 0


def test_ctrl_c_at_the_prompt_is_status_130_without_a_traceback(server: Server, screen: Screen) -> None:
    with server.accept():
        screen.sees(">>: ")
        screen.type("\x03")
        screen.sees(">>: ^C\r\n")
        assert screen.status() == 130


def test_a_person_may_think_longer_than_the_timeout(program: Program, unix: Server) -> None:
    with closing(Screen(program, "--unix", unix.name, "--timeout", "0.3")) as screen, unix.accept() as connection:
        screen.sees(">>: ")
        time.sleep(0.4)  # he thinks
        screen.type("hello\n")
        assert receive(connection, 6) == b"hello\n"
        screen.sees(">>: hello\r\n>>: ")
        connection.sendall(b"HELLO\n")
        screen.sees("HELLO\r\n>>: ")


@pytest.mark.parametrize("runtime", ["asyncio", "trio", "anyio"])
def test_its_pair_on_another_runtime_is_found_by_on(runtime: str) -> None:
    pytest.importorskip(runtime)
    port = free_port()
    line = f"async_models.{runtime}.client: cannot connect to 127.0.0.1:{port}: Connection refused\n"
    assert Client(Program("models.client"), "--on", runtime, "--port", port).ended() == (1, b"", line)
    status, output, errors = Client(Program("models.client"), "--on", runtime, "--help").ended()
    assert (status, errors) == (0, "")
    assert b"counterpart of models/client.py" in output
    assert b"--no-newline" in output


@pytest.mark.parametrize(
    ("program", "module"),
    [
        (Program("async_models.asyncio.client", ("--loop", "uvloop")), "uvloop"),
        (Program("async_models.anyio.client", ("--backend", "trio")), "trio"),
    ],
)
def test_a_loop_that_is_not_installed_is_status_3(program: Program, module: str, tmp_path: Path) -> None:
    pytest.importorskip("anyio")
    (tmp_path / f"{module}.py").write_text("raise ModuleNotFoundError")
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    ended = subprocess.run(program.command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    line = f"it needs the module {module}, which is not installed; pip install {module}"
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "", f"{program.name}: {line}\n")
