import select
import sys

import pytest

from tests.guide.exercises._programs import Room, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's alone")

FOR_EVER = b"2147483647\n"  # rounds: a quarter of an hour of computing
ONE = b"38df428b309308e48c3687e7f90bda0e9cf253568c21ec754a0e076ab4ab6423\n"


def test_who_asks_for_little_is_served_while_others_compute() -> None:
    with running("epoll", "0", "3") as server, Room(server) as room:
        greedy = [room.client(), room.client()]
        for client in greedy:
            client.sendall(FOR_EVER)
        server.reaches(lambda: server.processes()[0].num_threads() == 3, "has another number of threads")
        modest = room.client()
        for _ in range(100):
            modest.sendall(b"1\n")
            assert modest.recv(100) == ONE
        assert select.select(greedy, [], [], 0)[0] == []
        server.kill()  # it would go on computing


def test_a_client_is_in_one_thread_at_a_time() -> None:
    with running("epoll", "0", "4") as server, Room(server) as room, room.client().makefile("rwb", buffering=0) as client:
        rounds = [200_000, 1, 100_000, 1, 1]
        for number in rounds:
            client.write(b"%d\n" % number)  # a segment each, so that other threads could take the later ones
        replies = [client.readline() for _ in rounds]
        assert [reply == ONE for reply in replies] == [number == 1 for number in rounds]


def test_who_does_not_say_a_number_is_let_go_alone() -> None:
    with running("epoll", "0", "2") as server, Room(server) as room:
        for nonsense in (b"many\n", b"0\n", b"9" * 50 + b"\n", b"1" * 1000):
            client = room.client()
            client.sendall(nonsense)
            assert client.recv(100) == b""
        client = room.client()
        client.sendall(b"1\n")
        assert client.recv(100) == ONE
