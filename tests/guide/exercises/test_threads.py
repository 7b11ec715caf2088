import select

from tests.guide.exercises._programs import Room, ask, running

MOST = 3


def test_there_are_never_more_threads_than_allowed_and_whoever_waits_is_served() -> None:
    with running("threads", "0", str(MOST)) as server, Room(server) as room:
        inside = [room.client() for _ in range(MOST)]
        for client in inside:
            assert ask(client, b"in") == b"IN"
        outside = [room.client() for _ in range(10)]
        for client in outside:
            client.sendall(b"out")
        for _ in range(50):  # exchanges in which the surplus would have been served, were there room
            for client in inside:
                assert ask(client, b"on") == b"ON"
        assert select.select(outside, [], [], 0)[0] == []
        assert server.processes()[0].num_threads() == MOST + 1
        for client in inside:
            client.close()
        for client in outside:
            assert client.recv(3) == b"OUT"
            client.close()


def test_a_client_that_resets_gives_its_place_back() -> None:
    with running("threads", "0", "1") as server, Room(server) as room:
        for _ in range(3):
            client = room.client()
            assert ask(client, b"a") == b"A"
            client.sendall(b"b" * 1_000_000)  # its replies fill its buffer, unread: close makes RST (RFC 1122, 4.2.2.13)
            client.close()
        assert ask(room.client(), b"c") == b"C"
