import os
import signal
import socket

from tests.guide.exercises._programs import Room, ask, running

MANY = 20


def test_of_twenty_children_that_end_as_one_none_stays_as_a_zombie() -> None:
    with running("fork", "0") as server, Room(server) as room:
        clients = [room.client() for _ in range(MANY)]
        for client in clients:
            assert ask(client, b"in") == b"IN"
        os.kill(server.pid, signal.SIGSTOP)  # the parent alone: twenty SIGCHLD then become one
        try:
            for client in clients:
                client.close()
            server.reaches(lambda: server.zombies() == MANY, "has children that do not end")
        finally:
            os.kill(server.pid, signal.SIGCONT)
        server.reaches(lambda: len(server.processes()) == 1, lambda: f"has {server.zombies()} zombies")
        assert ask(room.client(), b"and on") == b"AND ON"


def test_each_client_sees_the_end_of_its_own_conversation_while_others_stay() -> None:
    with running("fork", "0") as server, Room(server) as room:
        clients = [room.client() for _ in range(4)]
        for client in clients:
            assert ask(client, b"in") == b"IN"
        for leaving in (clients.pop(), clients.pop(1)):  # the last to come, and one between two others
            leaving.shutdown(socket.SHUT_WR)
            assert leaving.recv(1) == b""
            for client in clients:
                assert ask(client, b"on") == b"ON"
