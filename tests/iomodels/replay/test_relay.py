import errno
import io
import resource
import select
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from iomodels.catalogue import find
from iomodels.contract.server import Server, free_port
from iomodels.replay.recording import Kind, read
from iomodels.replay.relay import Relay
from iomodels.replay.sink import Sink
from tests.iomodels.replay.relaying import all_of, both_ends, kinds, recorded, reset, said

MIB = 1024 * 1024
ENDED_BY_BOTH = [Kind.ASKED_EOF, Kind.ANSWERED_EOF]


@pytest.fixture(scope="module")
def upper() -> Iterator[Server]:
    server = find("epoll").launch("upper").start()
    yield server
    server.stop()


def ends(sock: socket.socket) -> str:
    """How the other side ends the connection, without a byte before."""
    try:
        return "FIN" if sock.recv(100) == b"" else "more came"
    except ConnectionResetError:
        return "RST"


def is_cut(sock: socket.socket) -> bool:
    """Whether the other side resets the connection, though this one reads nothing, or has read FIN."""
    poller = select.poll()
    poller.register(sock, 0)
    return any(events & select.POLLERR for _, events in poller.poll(20_000))


# What passes.


def test_bytes_pass_both_ways_and_each_end_of_input_as_what_it_is() -> None:
    with both_ends() as (client, server, recorder):
        client.sendall(b"hello")
        assert server.recv(100) == b"hello"
        client.shutdown(socket.SHUT_WR)
        assert server.recv(100) == b""
        server.sendall(b"still ")
        assert client.recv(100) == b"still "
        server.sendall(b"here")
        server.close()
        assert all_of(client) == b"here"
        recording = recorder.recording()
    assert kinds(recording) == [Kind.OPEN, Kind.ASKED, Kind.ASKED_EOF, Kind.ANSWERED, Kind.ANSWERED_EOF, Kind.CLOSE]
    assert (said(recording, Kind.ASKED), said(recording, Kind.ANSWERED)) == (b"hello", b"still here")
    assert (recorder.sink.connections, recorder.sink.asked, recorder.sink.answered) == (1, 5, 10)
    times = [event.seconds for event in recording.events]
    assert times == sorted(times)
    assert times[0] == 0


def test_a_server_that_has_ended_is_still_talked_to() -> None:
    with both_ends() as (client, server, recorder):
        server.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
        client.sendall(b"but")
        client.shutdown(socket.SHUT_WR)
        assert all_of(server) == b"but"
        assert kinds(recorder.recording()) == [Kind.OPEN, Kind.ANSWERED_EOF, Kind.ASKED, Kind.ASKED_EOF, Kind.CLOSE]


def test_a_reset_passes_to_the_server() -> None:
    with both_ends() as (client, server, recorder):
        client.sendall(b"one")
        assert server.recv(100) == b"one"
        reset(client)
        assert ends(server) == "RST"
        assert kinds(recorder.recording()) == [Kind.OPEN, Kind.ASKED, Kind.ASKED_RESET, Kind.CLOSE]


def test_a_reset_passes_to_the_client_behind_what_was_said() -> None:
    with both_ends() as (client, server, recorder):
        server.sendall(b"last words")
        reset(server)
        assert client.recv(100) == b"last words"
        assert ends(client) == "RST"
        assert kinds(recorder.recording()) == [Kind.OPEN, Kind.ANSWERED, Kind.ANSWERED_RESET, Kind.CLOSE]


def test_last_words_pass_though_the_reset_behind_them_is_met_first() -> None:
    with both_ends() as (client, server, recorder):
        for one, other in ((client, server), (server, client)):
            one.sendall(b"hello")
            assert other.recv(100) == b"hello"
        turns = recorder.turns  # no turn is under way that has not been counted
        recorder.gate.clear()
        client.sendall(b"question")
        while recorder.turns == turns:  # until the relay is about to hand it on
            time.sleep(0)
        server.sendall(b"last words")
        reset(server)
        recorder.gate.set()
        assert client.recv(100) == b"last words"
        assert ends(client) == "RST"
        recording = recorder.recording()
    assert [event.data for event in recording.events if event.data] == [b"hello", b"hello", b"question", b"last words"]
    assert kinds(recording)[-2:] == [Kind.ANSWERED_RESET, Kind.CLOSE]


def test_a_reset_passes_after_the_end_of_input_of_either_side() -> None:
    with both_ends() as (client, server, recorder):
        client.shutdown(socket.SHUT_WR)
        assert server.recv(100) == b""
        reset(client)
        assert is_cut(server)
        assert kinds(recorder.recording()) == [Kind.OPEN, Kind.ASKED_EOF, Kind.ASKED_RESET, Kind.CLOSE]
    with both_ends() as (client, server, recorder):
        server.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
        reset(server)
        assert is_cut(client)
        assert kinds(recorder.recording()) == [Kind.OPEN, Kind.ANSWERED_EOF, Kind.ANSWERED_RESET, Kind.CLOSE]


def fill(sock: socket.socket, piece: bytes = b"x" * 65536) -> int:
    """Send until the other side, and all on the way, take no more; the number of bytes. A second without movement tells."""
    sock.settimeout(1.0)
    count = 0
    try:
        while True:
            count += sock.send(piece)
    except TimeoutError:
        return count


def test_a_reset_passes_while_its_side_is_not_read() -> None:
    with both_ends() as (client, server, recorder):
        fill(client)
        reset(client)
        assert is_cut(server)  # though it does not read
        assert kinds(recorder.recording()) == [Kind.OPEN, Kind.ASKED, Kind.ASKED_RESET, Kind.CLOSE]


def test_both_ends_of_input_wait_for_what_is_not_read_yet_without_a_spin() -> None:
    with both_ends() as (client, server, recorder):
        count = 0
        sides = recorder.relay._sides.values()
        while not any(side.unsent for side in sides):  # until the server takes no more, and the relay still does
            count += client.send(b"x" * 65536)
            while recorder.sink.asked < count and not any(side.unsent for side in sides):
                time.sleep(0)
        count += client.send(b"y" * 1000)
        client.shutdown(socket.SHUT_WR)
        server.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
        before = recorder.turns
        time.sleep(0.3)  # in which nothing is to be done
        assert recorder.turns - before < 5
        assert len(all_of(server)) == count
        recording = recorder.recording()
    assert len(said(recording, Kind.ASKED)) == count
    assert kinds(recording)[-2:] == [Kind.ASKED_EOF, Kind.CLOSE]


def test_a_slow_reader_slows_the_writer_down_in_either_direction() -> None:
    with both_ends() as (client, server, recorder):
        counts = []
        for writer, reader in ((client, server), (server, client)):
            counts.append(fill(writer))
            assert counts[-1] < 64 * MIB  # what four socket buffers hold
            got = 0
            while got < counts[-1]:
                got += len(reader.recv(MIB))
        recording = recorder.recording()
    assert [len(said(recording, kind)) for kind in (Kind.ASKED, Kind.ANSWERED)] == counts


def test_an_upstream_that_refuses_resets_the_client_and_is_recorded() -> None:
    with recorded(("127.0.0.1", free_port())) as recorder:
        with pytest.raises(ConnectionResetError):  # at the latest when it is read, or already when it has just been made
            socket.create_connection(recorder.address, timeout=20).recv(100)
        assert kinds(recorder.recording()) == [Kind.OPEN, Kind.ANSWERED_RESET, Kind.CLOSE]


def test_an_upstream_on_ipv6_is_reached() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener, recorded(listener.getsockname()[:2]) as recorder, socket.create_connection(recorder.address) as client:
        server, _ = listener.accept()
        with server:
            client.sendall(b"six")
            assert server.recv(100) == b"six"


# Many.


def test_a_thousand_connections_at_once(upper: Server) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # three sockets a connection are in this process
    try:
        with recorded(("127.0.0.1", upper.port)) as recorder:
            clients = [socket.create_connection(recorder.address, timeout=60) for _ in range(1000)]
            for number, client in enumerate(clients):
                client.sendall(b"hello %d" % number)
            for number, client in enumerate(clients):
                client.shutdown(socket.SHUT_WR)
                assert all_of(client) == b"HELLO %d" % number
                client.close()
            recording = recorder.recording()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    numbers = sorted(int(said(recording, Kind.ASKED, number).split()[1]) for number in recording.connections)
    assert numbers == list(range(1000))
    assert sum(event.kind is Kind.CLOSE for event in recording.events) == 1000


def say_all(sock: socket.socket, data: bytes) -> None:
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


def test_megabytes_pass_exactly(upper: Server) -> None:
    sent = bytes(range(256)) * 64 * 1024
    with recorded(("127.0.0.1", upper.port)) as recorder, socket.create_connection(recorder.address, timeout=60) as client:
        writer = threading.Thread(target=say_all, args=(client, sent))
        writer.start()
        assert all_of(client) == sent.upper()
        writer.join()
        recording = recorder.recording()
    assert said(recording, Kind.ASKED) == sent
    assert said(recording, Kind.ANSWERED) == sent.upper()
    assert kinds(recording)[-2:] == [Kind.ANSWERED_EOF, Kind.CLOSE]


def until_full() -> Iterator[socket.socket]:
    """Sockets, as many as there are descriptors for."""
    while True:
        try:
            yield socket.socket()
        except OSError as error:
            assert error.errno == errno.EMFILE  # noqa: PT017
            return


def test_without_descriptors_clients_wait_and_are_served_when_some_are_free(upper: Server) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with recorded(("127.0.0.1", upper.port)) as recorder:
        first = socket.create_connection(recorder.address, timeout=20)
        first.sendall(b"a")
        assert first.recv(10) == b"A"
        second = socket.socket()
        second.settimeout(20)
        holes = [socket.socket() for _ in range(4)]  # below the limit nothing is free
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hole.fileno() for hole in [*holes, first, second]) + 1, hard))
        try:
            full = list(until_full())
            second.connect(recorder.address)
            second.sendall(b"b")
            before = recorder.turns
            second.settimeout(0.7)
            with pytest.raises(TimeoutError):
                second.recv(10)
            assert recorder.turns - before < 5  # it tries again now and then
            for hole in (*holes, *full):
                hole.close()
            second.settimeout(20)
            assert second.recv(10) == b"B"
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        first.close()
        second.close()


# What is written.


def test_what_is_redacted_is_blotted_out_in_the_record_alone() -> None:
    with both_ends([r"pass=\w+"]) as (client, server, recorder):
        for piece in (b"user=me pa", b"ss=sec", b"ret\n"):
            client.sendall(piece)
            assert server.recv(100) == piece
        server.sendall(b"you said pass=secret\n")
        assert client.recv(100) == b"you said pass=secret\n"
        recording = recorder.recording()
    assert said(recording, Kind.ASKED) == b"user=me ***********\n"
    assert said(recording, Kind.ANSWERED) == b"you said ***********\n"
    assert recording.redacted == (r"pass=\w+",)


def test_the_file_is_complete_up_to_the_last_event_at_any_time() -> None:
    with both_ends() as (client, server, recorder):
        for piece in (b"one", b"two"):
            client.sendall(piece)
            assert server.recv(100) == piece
            server.sendall(b"ok")
            assert client.recv(100) == b"ok"
        # `two` had been written when its reply was read at the latest.
        found = read(recorder.file.getvalue().decode().splitlines())
        assert said(found, Kind.ASKED) == b"onetwo"


def test_no_more_than_max_bytes_is_written_and_the_traffic_goes_on(upper: Server) -> None:
    with recorded(("127.0.0.1", upper.port), max_bytes=500) as recorder:
        with socket.create_connection(recorder.address, timeout=20) as client:
            for _ in range(20):
                client.sendall(b"hello")
                assert client.recv(100) == b"HELLO"
        recording = recorder.recording()
    assert len(recorder.file.getvalue()) <= 500
    assert said(recording, Kind.ASKED).startswith(b"hello")
    assert recorder.sink.full
    assert recorder.sink.asked == recorder.sink.answered == 100


def test_a_stop_cuts_off_who_is_there_and_notes_what_had_come() -> None:
    with both_ends() as (client, server, recorder):
        client.sendall(b"one")
        assert server.recv(100) == b"one"
        recorder.stop()
        assert ends(client) in ("FIN", "RST")
        assert ends(server) in ("FIN", "RST")
        assert kinds(recorder.recording()) == [Kind.OPEN, Kind.ASKED]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(recorder.address)


def test_what_had_come_before_the_stop_is_noted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as upstream, socket.create_server(("127.0.0.1", 0)) as listener:
        file = io.BytesIO()
        relay = Relay(listener, upstream.getsockname(), Sink(file, "here"))
        told = threading.Event()
        note = relay._sink.note

        def slowly(connection: int, kind: Kind, data: bytes = b"") -> None:
            note(connection, kind, data)
            if data == b"one":  # the next piece and the stop come while this is noted
                client.sendall(b"two")
                client.shutdown(socket.SHUT_WR)
                relay.stop()
                told.set()

        relay._sink.note = slowly  # type: ignore[method-assign]
        thread = threading.Thread(target=relay.run)
        thread.start()
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"one")
            assert told.wait(20)
            thread.join(20)
    recording = read(file.getvalue().decode().splitlines())
    assert kinds(recording) == [Kind.OPEN, Kind.ASKED, Kind.ASKED_EOF]
    assert said(recording, Kind.ASKED) == b"onetwo"


def test_a_file_that_takes_no_more_ends_the_relay_with_its_error() -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay(listener, ("127.0.0.1", free_port()), Sink(Full(), "here"))
        with socket.create_connection(listener.getsockname()), pytest.raises(OSError, match="No space left"):
            relay.run()
