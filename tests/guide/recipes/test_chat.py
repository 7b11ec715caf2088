"""The chat before and after: everybody reads the same lines in the same order, and who does not read harms nobody."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from iomodels.contract.broken import Broken
from iomodels.contract.client import Client, End
from iomodels.contract.server import TRACEBACK, Server
from tests.guide.recipes._running import VERSIONS, each_version, run_server

PATIENCE = 10.0  # seconds of silence that fail a test
IMPATIENCE = 1.0  # seconds of silence that are expected
LINE = 1024  # the recipe's
BATCH = 50  # lines said at a time, less than anybody's bound
ROUNDS = 400  # of them at most: 20 MB, far more than the kernel holds for a connection that is not read
WORDS = b"x" * 1000

Join = Callable[..., Client]


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with run_server("chat", request.param) as running:
        yield running
        assert running.status is None, running.epitaph()
        assert TRACEBACK not in running.log()


@pytest.fixture
def join(server: Server) -> Iterator[Join]:
    """`join(name)` connects and reads up to the line that says who is here; all leave after the test, in turn."""
    inside: list[Client] = []

    def joins(name: bytes, *, here: bytes = b"nobody", patience: float = PATIENCE, receive_buffer: int = 0) -> Client:
        client = connect(server, patience, receive_buffer)
        inside.append(client)
        client.send(name + b"\n")
        client.expect(b"* here: " + here + b"\n")
        return client

    yield joins
    for client in inside:
        if client.socket.fileno() >= 0:
            with suppress(Broken):  # it has left already
                client.half_close()
            client.read_to_end()
            client.close()


def connect(server: Server, patience: float = PATIENCE, receive_buffer: int = 0) -> Client:
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect((server.host, server.port))
    return Client(connection, patience)


def test_what_one_says_all_the_others_read(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    ann.expect(b"* bob has joined\n")
    carl = join(b"carl", here=b"ann, bob")
    ann.expect(b"* carl has joined\n")
    bob.expect(b"* carl has joined\n")
    ann.send(b"hello\n")
    bob.expect(b"ann: hello\n")
    carl.expect(b"ann: hello\n")
    bob.send(b"hi\n")
    ann.expect(b"bob: hi\n")
    carl.expect(b"bob: hi\n")
    assert ann.is_silent()  # nobody hears itself


def test_a_line_is_said_when_it_is_whole_however_it_is_cut(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    ann.expect(b"* bob has joined\n")
    for piece in (b"on", b"e\ntw", b"o\nthree\n\nfo"):
        bob.send(piece)
        bob.wait_until_read()  # so that the next is another receive
    ann.expect(b"bob: one\nbob: two\nbob: three\nbob: \n")
    bob.send(b"ur\n")
    ann.expect(b"bob: four\n")


def test_everybody_reads_in_the_same_order(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    listeners = [join(b"carl", here=b"ann, bob"), join(b"dora", here=b"ann, bob, carl")]
    listeners[0].expect(b"* dora has joined\n")
    for number in range(BATCH):
        ann.send(b"%d\n" % number)
        bob.send(b"%d\n" % number)
    size = sum(len(b"ann: %d\n" % number) for number in range(BATCH)) * 2
    heard = [listener.receive(size) for listener in listeners]
    assert heard[0] == heard[1]
    for name in (b"ann", b"bob"):
        said = [line for line in heard[0].splitlines() if line.startswith(name)]
        assert said == [b"%s: %d" % (name, number) for number in range(BATCH)]


def test_who_half_closes_has_said_its_lines_and_gets_what_was_sent_to_it(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    ann.expect(b"* bob has joined\n")
    ann.send(b"hello\n")
    bob.wait_until_read()
    bob.send(b"bye\nhalf a li")
    bob.half_close()
    ann.expect(b"bob: bye\n* bob has left\n")
    assert bob.read_to_end() == (b"ann: hello\n", End.FIN)


def test_who_resets_the_connection_has_left(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    ann.expect(b"* bob has joined\n")
    bob.reset()
    ann.expect(b"* bob has left\n")


def test_who_gives_no_name_is_nobody(server: Server, join: Join) -> None:
    ann = join(b"ann")
    for name in (b"", b"\n", b"bob"):
        with connect(server) as client:
            client.send(name)
            client.half_close()
            assert client.read_to_end() == (b"", End.FIN)
    with connect(server) as client:
        client.send(b"carl")
        client.reset()
    join(b"dora", here=b"ann")
    ann.expect(b"* dora has joined\n")


def test_a_line_of_the_limit_is_said_and_a_longer_one_is_the_end(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    ann.expect(b"* bob has joined\n")
    bob.send(b"x" * LINE + b"\n" + b"x" * (LINE + 1) + b"\nnever said\n")
    ann.expect(b"bob: " + b"x" * LINE + b"\n* bob has left\n")
    bob.read_to_end()


def test_a_line_without_an_end_is_the_end(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    ann.expect(b"* bob has joined\n")
    bob.pour(b"x" * LINE, 1024 * LINE)
    ann.expect(b"* bob has left\n")
    bob.close()


def test_who_does_not_read_has_to_leave_and_the_others_do_not_notice(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    carl = join(b"carl", here=b"ann, bob", receive_buffer=4096)
    bob.expect(b"* carl has joined\n")
    said = 0
    left = False
    while not left and said < ROUNDS:
        left = say_and_hear(ann, bob, said)
        said += 1
    assert left, f"carl has not read {said * BATCH} lines, and is still there"
    carl.wait_until_let_go()
    came, _ = carl.read_to_end()  # the kernel had it: nothing is missing up to where it was cut off
    lines = b"".join(batch(b"ann: ", number) for number in range(said))
    assert lines.startswith(came)
    ann.expect(b"* bob has joined\n* carl has joined\n* carl has left\n")


def test_a_quick_speaker_does_not_make_a_quick_reader_leave(join: Join) -> None:
    ann = join(b"ann")
    bob = join(b"bob", here=b"ann")
    ann.expect(b"* bob has joined\n")
    lines = [b"%d\n" % (number % 10) for number in range(50_000)]  # more than anybody's bound, less than the kernel holds
    reading = b"".join(b"ann: " + line for line in lines)
    came = bytearray()
    view = memoryview(b"".join(lines))
    while len(came) < len(reading):
        if view:
            view = view[ann.offer(view) :]
        data = bob.receive_some()
        assert data, f"bob has to leave after {len(came):,} of {len(reading):,} bytes"
        came += data
    assert came == reading


@each_version
def test_ctrl_c_ends_it_whoever_is_there(version: str) -> None:
    with run_server("chat", version) as server, connect(server) as client:
        client.send(b"ann\n")
        client.expect(b"* here: nobody\n")
        server.interrupt()
        assert client.read_to_end() == (b"", End.FIN)
        assert server.wait(PATIENCE) == 0


def test_the_naive_broadcast_lets_one_who_does_not_read_silence_the_room() -> None:
    with run_server("chat", "naive") as server, connect(server, receive_buffer=4096) as carl, connect(server) as ann:
        bob = connect(server, IMPATIENCE)
        for client, name, here in ((carl, b"carl", b"nobody"), (bob, b"bob", b"carl"), (ann, b"ann", b"carl, bob")):
            client.send(name + b"\n")
            client.expect(b"* here: " + here + b"\n")
            if client is not carl:
                carl.expect(b"* " + name + b" has joined\n")
        bob.expect(b"* ann has joined\n")
        with bob, pytest.raises(Broken, match="then silence"):  # noqa: PT012
            for number in range(ROUNDS):
                say_and_hear(ann, bob, number)
        assert server.status is None


def say_and_hear(speaker: Client, listener: Client, number: int) -> bool:
    """One batch of lines, from one to the other; whether "* carl has left" came among them."""
    speaker.send(batch(b"", number))
    expected = batch(b"ann: ", number)
    came = listener.receive(len(expected))
    if came == expected:
        return False
    news = b"* carl has left\n"
    came += listener.receive(len(news))
    assert came.replace(news, b"", 1) == expected
    return True


def batch(before: bytes, number: int) -> bytes:
    return b"".join(before + b"%d.%d " % (number, line) + WORDS + b"\n" for line in range(BATCH))
