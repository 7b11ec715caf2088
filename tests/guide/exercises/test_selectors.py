import select
import time

from tests.guide.exercises._programs import PATIENCE, Room, ask, contract, running


def test_who_is_silent_is_let_go_and_who_speaks_stays() -> None:
    with running("selectors", "--port", "0", "--idle", "1") as server, Room(server) as room:
        silent, talkative = room.client(), room.client()
        end = time.monotonic() + PATIENCE
        while not select.select([silent], [], [], 0.05)[0]:
            assert time.monotonic() < end
            assert ask(talkative, b"still here\n") == b"STILL HERE\n"
        assert silent.recv(1) == b""
        assert ask(talkative, b"and now?\n") == b"AND NOW?\n"


def test_a_client_that_spoke_is_let_go_a_while_after_its_last_word() -> None:
    with running("selectors", "--port", "0", "--idle", "0.3") as server, Room(server) as room:
        client = room.client()
        assert ask(client, b"once\n") == b"ONCE\n"
        assert client.recv(1) == b""


def test_it_keeps_the_contract_where_nobody_is_silent_too_long() -> None:
    ended = contract("selectors", "half-close", "reset", "backpressure/never-reads-stays-bounded", "stop/idle-clients-get-fin")
    assert ended.returncode == 0, ended.stdout
