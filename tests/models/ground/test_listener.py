import errno
import logging
import os
import resource
import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.ground.listener import RETRY, Listener, describe
from models.ground.peer import POLLIN
from models.ground.services.upper import Upper
from tests.models.ground.meeting import Worker, call, end_of, in_own_process, listening, meet, receive, until


@pytest.fixture
def hurried() -> Iterator[Listener]:
    """A listener that never sleeps."""
    with listening() as made:
        yield made


@pytest.fixture
def patient() -> Iterator[Listener]:
    """A listener that sleeps until a client comes."""
    with listening(blocking=True) as made:
        yield made


class Troubled(socket.socket):
    """A listening socket whose accept fails as often as `errors` says, and is followed by `afterwards`."""

    errors: list[int]
    stopping: Listener | None

    def accept(self) -> tuple[socket.socket, object]:
        if self.errors:
            number = self.errors.pop(0)
            raise OSError(number, os.strerror(number))
        accepted = super().accept()
        if self.stopping:
            self.stopping.stop()
        return accepted


def troubled(*errors: int, blocking: bool = False) -> tuple[Listener, Troubled]:
    sock = Troubled(socket.AF_INET, socket.SOCK_STREAM)
    sock.errors = list(errors)
    sock.stopping = None
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    sock.setblocking(blocking)
    return Listener(sock), sock


# Accepting.


def test_accept_makes_a_peer_of_the_client(hurried: Listener) -> None:
    peer, client = meet(hurried)
    host, port = client.getsockname()
    assert peer.address == f"{host}:{port}"
    assert hurried.peers == {peer}
    assert not peer.connection.getblocking()
    assert peer.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert not peer.connection.get_inheritable()


def test_a_non_blocking_listener_says_that_nobody_waits(hurried: Listener) -> None:
    assert hurried.accept(Upper) is None
    assert hurried.open
    assert hurried.wanted == POLLIN
    assert hurried.patience is None


def test_a_blocking_listener_sleeps_until_a_client_comes(patient: Listener) -> None:
    worker = Worker(lambda: patient.accept(Upper))
    worker.wait_until_asleep()
    with call(patient):
        peer = worker.outcome()
    assert peer is not None
    assert peer.connection.getblocking()


def test_clients_are_accepted_in_the_order_in_which_they_came(hurried: Listener) -> None:
    clients = [call(hurried) for _ in range(10)]
    accepted = [peer.address for _ in clients if (peer := hurried.accept(Upper))]
    assert accepted == [describe(client.getsockname()) for client in clients]
    assert hurried.accept(Upper) is None


@pytest.mark.parametrize("number", [errno.ECONNABORTED, errno.EPROTO, errno.ENETUNREACH])
def test_a_client_that_is_gone_before_it_is_accepted_is_passed_over(number: int) -> None:
    listener, _ = troubled(number, number)
    peer, _client = meet(listener)
    assert listener.peers == {peer}
    listener.close()


def test_an_error_that_is_nobodys_fault_is_raised() -> None:
    listener, _ = troubled(errno.EBADF)
    with pytest.raises(OSError, match="Bad file descriptor"):
        listener.accept(Upper)
    listener.limit = 1
    assert listener.wanted, "the place that was reserved is free again"
    listener.close()


# The limit.


def test_at_its_limit_a_non_blocking_listener_leaves_the_surplus_in_the_backlog() -> None:
    with listening(limit=2) as listener:
        peers = [meet(listener)[0] for _ in range(2)]
        third = call(listener)
        assert listener.wanted == 0
        assert listener.accept(Upper) is None
        assert listener.patience is None
        peers[0].close()
        assert listener.wanted == POLLIN
        peer = listener.accept(Upper)
        assert peer is not None
        assert peer.address == describe(third.getsockname())
        assert listener.wanted == 0


def test_at_its_limit_a_blocking_listener_sleeps_until_a_client_leaves() -> None:
    with listening(blocking=True, limit=1) as listener:
        first, _client = meet(listener)
        second = call(listener)
        worker = Worker(lambda: listener.accept(Upper))
        worker.wait_until_asleep()
        first.close()
        peer = worker.outcome()
        assert peer is not None
        assert peer.address == describe(second.getsockname())


def test_threads_that_accept_together_keep_to_the_limit() -> None:
    with listening(blocking=True, limit=1) as listener:
        workers = [Worker(lambda: listener.accept(Upper)) for _ in range(3)]
        clients = [call(listener) for _ in workers]
        while workers:
            until(lambda: not all(worker.is_alive() for worker in workers), "none of them accepts")
            (done,) = [worker for worker in workers if not worker.is_alive()]
            workers.remove(done)
            for worker in workers:
                worker.wait_until_asleep()
            peer = done.outcome()
            assert peer is not None
            peer.close()
        for client in clients:
            assert end_of(client) == b""


def test_finding_nobody_takes_no_place() -> None:
    with listening(limit=1) as listener:
        for _ in range(3):
            assert listener.accept(Upper) is None
        assert listener.wanted == POLLIN


# Room for no more.


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_want_of_resources_pauses_accepting(number: int, caplog: pytest.LogCaptureFixture) -> None:
    listener, sock = troubled()
    first, _one = meet(listener)
    sock.errors = [number, number]
    with call(listener):
        for _ in range(10):
            assert listener.accept(Upper) is None
        assert sock.errors == [number], "it does not ask again"
        assert listener.wanted == 0
        assert listener.patience is not None
        assert 0 < listener.patience <= RETRY
        assert [record.getMessage() for record in caplog.records] == [f"accepting pauses with 1 clients: {os.strerror(number)}"]
        sock.errors = []
        first.close()
        assert listener.wanted == POLLIN
        assert listener.patience is None
        assert listener.accept(Upper) is not None
    listener.close()


def test_threads_that_all_find_no_room_say_so_once(hurried: Listener, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        hurried.pause(OSError(errno.EMFILE, "Too many open files"))
    assert len(caplog.records) == 1


@pytest.mark.parametrize("blocking", [True, False])
def test_accepting_is_tried_again_although_no_client_left(blocking: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.ground.listener.RETRY", 0.02)
    listener, _ = troubled(errno.EMFILE, errno.ENFILE, errno.EMFILE, blocking=blocking)
    with call(listener):
        until(lambda: listener.wanted and listener.accept(Upper), "accepting is not tried again")
    assert listener.patience is None
    listener.close()


def without_descriptors() -> None:
    with listening() as listener:
        first, _one = meet(listener)
        second = call(listener)
        forbid_descriptors()
        for _ in range(100):
            assert listener.accept(Upper) is None
        assert listener.wanted == 0
        first.close()
        assert listener.wanted == POLLIN
        peer = listener.accept(Upper)
        assert peer is not None
        assert peer.address == describe(second.getsockname())


def without_descriptors_blocking() -> None:
    with listening(blocking=True) as listener:
        first, _one = meet(listener)
        second = call(listener)
        forbid_descriptors()
        worker = Worker(lambda: listener.accept(Upper))
        until(lambda: listener.patience, "accepting does not pause")
        first.close()
        peer = worker.outcome()
        assert peer is not None
        assert peer.address == describe(second.getsockname())


def forbid_descriptors() -> None:
    """From here on the lowest number that is free is beyond the limit (getrlimit(2), RLIMIT_NOFILE)."""
    logging.basicConfig(format="%(message)s")
    number = os.open("/dev/null", os.O_RDONLY)
    os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


@pytest.mark.parametrize("scenario", [without_descriptors, without_descriptors_blocking])
def test_when_descriptors_run_out_a_client_that_leaves_makes_room(scenario: Callable[[], None]) -> None:
    ended = in_own_process(__file__, scenario)
    assert (ended.returncode, ended.stderr) == (0, "accepting pauses with 1 clients: Too many open files\n")


# The stop.


@pytest.mark.parametrize("limit", [None, 1], ids=["asleep in accept", "asleep at its limit"])
def test_the_stop_wakes_a_blocked_accept(limit: int | None) -> None:
    with listening(blocking=True, limit=limit) as listener:
        if limit:
            meet(listener)
        workers = [Worker(lambda: listener.accept(Upper)) for _ in range(3)]
        for worker in workers:
            worker.wait_until_asleep()
        listener.stop()
        assert [worker.outcome() for worker in workers] == [None, None, None]


def test_the_stop_wakes_a_poller(hurried: Listener) -> None:
    poller = select.poll()
    poller.register(hurried, POLLIN)
    assert poller.poll(0) == []
    hurried.stop()
    assert poller.poll(10_000)
    assert not hurried.open
    assert hurried.wanted == 0
    assert hurried.accept(Upper) is None


def test_after_the_stop_a_blocking_accept_does_not_sleep(patient: Listener) -> None:
    patient.stop()
    patient.stop()
    assert patient.accept(Upper) is None


def test_a_listener_that_its_parent_stopped_is_at_its_end(patient: Listener) -> None:
    worker = Worker(lambda: patient.accept(Upper))
    worker.wait_until_asleep()
    patient.socket.shutdown(socket.SHUT_RD)
    assert worker.outcome() is None
    assert not patient.open


def test_a_client_that_is_admitted_after_the_stop_sees_the_end() -> None:
    listener, sock = troubled()
    sock.stopping = listener
    peer, client = meet(listener)
    assert peer.receive(), "its input has ended"
    assert peer.reply() == 0
    peer.close()
    assert end_of(client) == b""
    listener.close()


# Addresses.


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (("127.0.0.1", 80), "127.0.0.1:80"),
        (("::1", 80, 0, 0), "[::1]:80"),
        ("/run/x.sock", "/run/x.sock"),
        ("", ""),
        (b"\0abstract", "\0abstract"),
    ],
)
def test_addresses_are_written_as_people_write_them(address: object, name: str) -> None:
    assert describe(address) == name


def test_a_listener_is_named_after_its_address(hurried: Listener) -> None:
    assert hurried.name == f"127.0.0.1:{hurried.socket.getsockname()[1]}"
    assert hurried.fileno() == hurried.socket.fileno()


def test_a_name_is_resolved() -> None:
    with listening(host="localhost") as listener:
        assert listener.name in {f"{host}:{listener.socket.getsockname()[1]}" for host in ("127.0.0.1", "[::1]")}


def test_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error.strerror}")
    with listening(host="::1") as listener:
        port = listener.socket.getsockname()[1]
        assert listener.name == f"[::1]:{port}"
        peer, client = meet(listener)
        assert peer.address == f"[::1]:{client.getsockname()[1]}"


def test_a_port_in_use_is_refused_and_nothing_is_left_open(hurried: Listener) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    with pytest.raises(OSError, match="Address already in use") as refusal:
        Listener.at_address("127.0.0.1", hurried.socket.getsockname()[1])
    assert refusal.tb, "which holds what is not closed"
    assert set(Path("/proc/self/fd").iterdir()) <= before


def test_a_port_can_be_used_again_at_once() -> None:
    port = 0
    for _ in range(5):
        listener = Listener.at_address("127.0.0.1", port)
        port = listener.socket.getsockname()[1]
        peer, client = meet(listener)
        peer.close()  # ours is the first FIN, so TIME_WAIT stays on our port
        assert end_of(client) == b""
        client.close()
        listener.remove()


def test_a_twin_has_the_same_address_and_a_queue_of_its_own() -> None:
    listener = Listener.at_address("127.0.0.1", 0, 7, reuse_port=True)
    listener.limit, listener.grace = 3, 0.5
    twin = listener.twin()
    assert listener.reuse_port
    assert twin.reuse_port
    assert (twin.name, twin.backlog, twin.limit, twin.grace) == (listener.name, 7, 3, 0.5)
    for each in (listener, twin):
        each.setblocking(False)
        each.limit = None
    for _ in range(64):  # shared out by a hash of their addresses: that one of the two gets none is all but impossible
        with call(listener):
            until(lambda: listener.accept(Upper) or twin.accept(Upper), "neither of them has the client")
    assert listener.peers
    assert twin.peers
    for each in (listener, twin):
        for peer in list(each.peers):
            peer.close()
        each.remove()


def test_only_a_listener_that_shares_its_port_has_twins(hurried: Listener) -> None:
    assert not hurried.reuse_port
    with pytest.raises(OSError, match="Address already in use"):
        hurried.twin()


# Unix sockets.


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "socket"


def test_a_unix_socket_is_named_after_its_file_and_takes_it_along(path: Path) -> None:
    listener = Listener.at_path(str(path))
    assert listener.name == str(path)
    peer, client = meet(listener)
    client.sendall(b"hello")
    peer.receive()
    peer.reply()
    assert receive(client, 5) == b"HELLO"
    peer.close()
    listener.remove()
    assert not path.exists()
    listener.remove()


def test_a_file_that_a_dead_server_left_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    assert path.exists()
    listener = Listener.at_path(str(path))
    meet(listener)[0].close()
    listener.remove()


def test_a_live_servers_file_is_not_replaced(path: Path) -> None:
    live = Listener.at_path(str(path))
    with pytest.raises(OSError, match="Address already in use"):
        Listener.at_path(str(path))
    question = live.accept(Upper)
    assert question is not None, "it was asked whether it lives"
    question.close()
    meet(live)[0].close()
    live.remove()


def test_a_live_server_whose_backlog_is_full_is_live_all_the_same(path: Path) -> None:
    live = Listener.at_path(str(path), backlog=1)
    waiting = [call(live) for _ in range(2)]
    with pytest.raises(OSError, match="Address already in use"):
        Listener.at_path(str(path))
    for client in waiting:
        client.close()
    live.remove()


def test_an_ordinary_file_is_left_alone(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(OSError, match="Address already in use"):
        Listener.at_path(str(path))
    assert path.read_text() == "precious"
