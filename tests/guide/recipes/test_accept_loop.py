from iomodels.contract.trial import MIB
from tests.guide.recipes._running import each_version
from tests.guide.recipes._talking import serving


@each_version
def test_the_second_client_waits_until_the_first_has_left(version: str) -> None:
    with serving("accept_loop", version) as trial:
        first = trial.connect()
        first.exchange(b"first", b"FIRST")
        second = trial.connect()
        second.send(b"second")
        trial.serve_meanwhile([first])
        assert second.is_silent()
        first.half_close()
        first.expect_fin()
        second.expect(b"SECOND")


@each_version
def test_who_came_and_left_while_waiting_is_served_all_the_same(version: str) -> None:
    with serving("accept_loop", version) as trial:
        first = trial.connect()
        first.exchange(b"first", b"FIRST")
        second = trial.connect()
        second.send(b"second")
        second.half_close()
        first.half_close()
        first.expect_fin()
        second.expect(b"SECOND")
        second.expect_fin()


@each_version
def test_a_large_reply_to_a_half_closed_client_comes_whole(version: str) -> None:
    with serving("accept_loop", version) as trial:
        client = trial.connect()
        client.exchange(*trial.talk(8 * MIB), half_close=True)
        client.expect_fin()


@each_version
def test_a_reset_costs_one_line_and_the_next_is_served(version: str) -> None:
    with serving("accept_loop", version) as trial:
        first = trial.connect()
        first.exchange(b"first", b"FIRST")
        first.reset()
        trial.is_well()
        assert len(trial.server.log().splitlines()) == 1, trial.server.log()


def test_the_naive_translation_serves_the_second_at_once() -> None:
    with serving("accept_loop", "naive") as trial:
        first = trial.connect()
        first.exchange(b"first", b"FIRST")
        trial.connect().exchange(b"second", b"SECOND")
        first.exchange(b"still here", b"STILL HERE")
