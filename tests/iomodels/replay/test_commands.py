"""`iomodels record` and `iomodels replay`, as somebody types them."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from iomodels.catalogue import find
from iomodels.contract.server import Server, free_port
from iomodels.replay.recording import Kind, load
from tests.iomodels.replay.relaying import all_of, kinds, said
from tests.iomodels.running import environment, iomodels

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def upper() -> Iterator[Server]:
    server = find("threads").launch("upper").start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def lines() -> Iterator[Server]:
    server = find("threads").launch("lines").start()
    yield server
    server.stop()


class Recording:
    """`iomodels record` in a process of its own, in a folder; the file is talk.jsonl."""

    def __init__(self, folder: Path, upstream: int, *options: str, listen: str = "0") -> None:
        words = ["record", "--listen", listen, "--upstream", f"127.0.0.1:{upstream}", "-o", "talk.jsonl", *options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "iomodels", *words],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline() + self.process.stderr.readline()
        found = re.match(r"listening on (?:127\.0\.0\.1|\[::1\]):(\d+)\n", self.said)
        assert found, self.said
        self.port = int(found[1])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def end(self, number: int) -> tuple[int, str, str]:
        """Exit status and what it has written, after a signal."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=30)
        return self.process.returncode, output, errors


@contextlib.contextmanager
def record(folder: Path, upstream: int, *options: str, listen: str = "0") -> Iterator[Recording]:
    started = Recording(folder, upstream, *options, listen=listen)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.communicate()


def exchange(sock: socket.socket, request: bytes) -> bytes:
    """Say something, and all that comes back, with half-close between."""
    sock.sendall(request)
    sock.shutdown(socket.SHUT_WR)
    return all_of(sock)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_record_writes_what_is_said_until_it_is_ended(tmp_path: Path, upper: Server, number: int) -> None:
    with record(tmp_path, upper.port) as recorder:
        with recorder.connect() as client:
            assert exchange(client, b"hello") == b"HELLO"
        with recorder.connect() as client:
            client.sendall(b"and")
            assert client.recv(100) == b"AND"
            ended = recorder.end(number)
    assert ended == (0, "2 connections, 8 bytes from clients, 8 bytes from the server\n", "")
    found = load(tmp_path / "talk.jsonl")
    assert found.upstream == f"127.0.0.1:{upper.port}"
    assert kinds(found)[-1] is Kind.CLOSE
    assert kinds(found, 2) == [Kind.OPEN, Kind.ASKED, Kind.ANSWERED]


def test_record_listens_where_it_is_told_to(tmp_path: Path, upper: Server) -> None:
    port = free_port()
    with record(tmp_path, upper.port, listen=f"localhost:{port}") as recorder:
        assert recorder.port == port
        assert recorder.said.endswith(f"what is said with 127.0.0.1:{upper.port} goes to talk.jsonl; Ctrl-C ends it\n")


def test_a_file_is_complete_though_its_recorder_is_killed(tmp_path: Path, upper: Server) -> None:
    with record(tmp_path, upper.port) as recorder, recorder.connect() as client:
        for number in range(100):
            client.sendall(b"%d\n" % number)
            assert client.recv(100) == b"%d\n" % number
        recorder.process.kill()
        recorder.process.wait()
    # A line is written before the next is waited for: the last reply's may be on its way to the file when it was heard.
    assert said(load(tmp_path / "talk.jsonl"), Kind.ASKED).startswith(b"".join(b"%d\n" % number for number in range(99)))


def test_record_redacts_and_stops_at_a_size(tmp_path: Path, upper: Server) -> None:
    with record(tmp_path, upper.port, "--redact", "(?i)pass=\\w+", "--max-bytes", "5000") as recorder:
        with recorder.connect() as client:
            assert exchange(client, b"PASS=secret." + b"x" * 20_000) == b"PASS=SECRET." + b"X" * 20_000
        status, output, _ = recorder.end(signal.SIGINT)
    assert status == 0
    assert output.endswith("20,012 bytes from the server; talk.jsonl is full and has the beginning of it\n")
    text = (tmp_path / "talk.jsonl").read_text()
    assert len(text) <= 5000
    assert "secret" not in text.lower()


def test_memory_is_bounded_with_a_client_that_does_not_read(tmp_path: Path, upper: Server) -> None:
    with record(tmp_path, upper.port) as recorder, recorder.connect() as client:
        client.sendall(b"x")
        assert client.recv(1) == b"X"
        process = psutil.Process(recorder.process.pid)
        before = process.memory_info().rss
        client.settimeout(1.0)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 512 * MIB:
                sent += client.send(b"x" * 65536)
        assert sent < 64 * MIB
        assert process.memory_info().rss - before < 4 * MIB
        client.settimeout(30)
        reader = threading.Thread(target=client.shutdown, args=(socket.SHUT_WR,))
        reader.start()
        assert len(all_of(client)) == sent
        reader.join()


def test_a_disk_that_is_full_ends_it_with_a_line_and_status_1(tmp_path: Path, upper: Server) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    ended = iomodels("record", "--listen", "0", "--upstream", f"127.0.0.1:{upper.port}", "-o", "/dev/full", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "iomodels: cannot write /dev/full: No space left on device\n"


WRONG_RECORD = {
    "iomodels record: Missing option '--upstream'": ["--listen", "0", "-o", "f"],
    "cannot write nowhere/f": ["--listen", "0", "--upstream", "127.0.0.1:UP", "-o", "nowhere/f"],
    "'8080' is not an address": ["--listen", "0", "--upstream", "8080", "-o", "f"],
    "cannot reach 127.0.0.1:1: Connection refused": ["--listen", "0", "--upstream", "127.0.0.1:1", "-o", "f"],
    "cannot listen on UP: Address already in use": ["--listen", "UP", "--upstream", "127.0.0.1:UP", "-o", "f"],
    "'here' is nowhere to listen": ["--listen", "here", "--upstream", "127.0.0.1:UP", "-o", "f"],
    "'70000' is nowhere to listen": ["--listen", "70000", "--upstream", "127.0.0.1:UP", "-o", "f"],
    "':80' is nowhere to listen": ["--listen", ":80", "--upstream", "127.0.0.1:UP", "-o", "f"],
    "'(' is no regular expression": ["--listen", "0", "--upstream", "127.0.0.1:UP", "-o", "f", "--redact", "("],
    "0 is not in the range": ["--listen", "0", "--upstream", "127.0.0.1:UP", "-o", "f", "--max-bytes", "0"],
}


@pytest.mark.parametrize("words", WRONG_RECORD, ids=lambda words: re.sub(r"\W+", "-", words))
def test_a_wrong_record_gets_one_line_and_status_2(tmp_path: Path, upper: Server, words: str) -> None:
    (tmp_path / "f").write_text("what was there")
    arguments = [word.replace("UP", str(upper.port)) for word in WRONG_RECORD[words]]
    ended = iomodels("record", *arguments, cwd=tmp_path)
    assert (ended.status, ended.output) == (2, "")
    assert len(ended.errors.splitlines()) == 1
    assert words.replace("UP", str(upper.port)) in ended.errors
    assert (tmp_path / "f").read_text() == "what was there"


# Replay.


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory, lines: Server) -> Path:
    """Two conversations with `lines`."""
    folder = tmp_path_factory.mktemp("talk")
    with record(folder, lines.port) as recorder:
        for request in (b"hello\nquit\n", b"one\ntwo\nthree"):
            with recorder.connect() as client:
                exchange(client, request)
        assert recorder.end(signal.SIGINT)[0] == 0
    return folder / "talk.jsonl"


def test_replay_against_the_same_server_is_alike(tmp_path: Path, talk: Path, lines: Server) -> None:
    against = ("--against", f"127.0.0.1:{lines.port}")
    for options in ((), ("--speed", "10"), ("--cuts", "3", "--seed", "5"), ("--patience", "5")):
        ended = iomodels("replay", str(talk), *against, *options, cwd=tmp_path)
        assert (ended.status, ended.output, ended.errors) == (0, "2 connections: alike\n", "")
    ended = iomodels("replay", str(talk), *against, "--format", "json", cwd=tmp_path)
    assert json.loads(ended.output) == {"schema_version": 1, "connections": 2, "alike": True, "silences": 0, "differences": []}


def test_replay_against_another_server_shows_both_sides_where_they_differ(tmp_path: Path, talk: Path, upper: Server) -> None:
    against = ("--against", f"127.0.0.1:{upper.port}", "--patience", "0.5")
    ended = iomodels("replay", str(talk), *against, cwd=tmp_path)
    assert (ended.status, ended.errors) == (1, "")
    assert "connection 1: byte 6 differs" in ended.output
    assert "  recorded  HELLO\\n\n            BYE\\n\n  heard     HELLO\\n\n            QUIT\\n\n" in ended.output
    assert ended.output.splitlines()[-1].startswith("2 connections: 2 heard otherwise")
    ended = iomodels("replay", str(talk), *against, "--format", "json", cwd=tmp_path)
    assert ended.status == 1
    first = json.loads(ended.output)["differences"][0]
    assert {key: first[key] for key in ("connection", "what", "offset", "recorded", "heard", "recorded_end")} == {
        "connection": 1,
        "what": "bytes",
        "offset": 6,
        "recorded": "HELLO\nBYE\n",
        "heard": "HELLO\nQUIT\n",
        "recorded_end": "FIN",
    }


def test_a_wrong_replay_gets_one_line_and_status_2(tmp_path: Path, talk: Path) -> None:
    text = talk.read_text()
    wrong = {
        "half.jsonl: line ": text[: len(text) - 20],
        "new.jsonl: line 1: version 2 of the format; this reads version 1": text.replace('"version": 1', '"version": 2'),
        "other.jsonl: line 1: this is no recording of iomodels": "hello\n",
        "none.jsonl has no connection in it": text.splitlines()[0],
        "cannot read absent.jsonl: No such file": None,
        "cannot read folder.jsonl: Is a directory": None,
    }
    (tmp_path / "folder.jsonl").mkdir()
    for words, content in wrong.items():
        name = next(word for word in words.replace(":", " ").split() if ".jsonl" in word)
        if content is not None:
            (tmp_path / name).write_text(content)
        ended = iomodels("replay", name, "--against", "127.0.0.1:1", cwd=tmp_path)
        assert (ended.status, ended.output, len(ended.errors.splitlines())) == (2, "", 1), ended.errors
        assert words in ended.errors
    for options, words in (
        (("--against", "127.0.0.1:1"), "cannot connect to 127.0.0.1:1: Connection refused"),
        (("--against", "8080"), "'8080' is not an address"),
        (("--against", "no.such.host.invalid:80"), "cannot connect to no.such.host.invalid:80: "),
        ((), "Missing option '--against'"),
        (("--against", "127.0.0.1:1", "--speed", "0"), "0"),
    ):
        ended = iomodels("replay", str(talk), *options, cwd=tmp_path)
        assert (ended.status, ended.output, len(ended.errors.splitlines())) == (2, "", 1), ended.errors
        assert words in ended.errors
