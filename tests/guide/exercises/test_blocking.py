from tests.guide.exercises._programs import Room, ask, running


def test_who_comes_second_is_told_busy_and_the_first_goes_on() -> None:
    with running("blocking", "0") as server, Room(server) as room:
        first, second = room.client(), room.client()
        assert ask(first, b"hello\n") == b"HELLO\n"
        second.sendall(b"me too\n")
        with second.makefile("rb") as words:  # whole, then FIN: an RST for what was not read would raise
            assert words.read() == b"busy\n"
        assert ask(first, b"still here\n") == b"STILL HERE\n"


def test_the_counter_is_free_again_when_its_client_has_left() -> None:
    with running("blocking", "0") as server, Room(server) as room:
        first = room.client()
        assert ask(first, b"a") == b"A"
        first.close()
        second = room.client()
        assert ask(second, b"b") == b"B"


def test_who_was_turned_away_and_stays_is_closed_though_the_counter_is_never_quiet() -> None:
    with running("blocking", "0") as server, Room(server) as room:
        first, second = room.client(), room.client()
        assert second.recv(5) == b"busy\n"
        process = server.processes()[0]
        held = process.num_fds()
        while process.num_fds() == held:
            assert ask(first, b"c") == b"C"
        assert process.num_fds() == held - 1
