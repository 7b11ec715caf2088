import signal

import pytest

from iomodels.contract.broken import Broken
from tests.guide.recipes._running import each_version
from tests.guide.recipes._talking import serving, wait_for_words

STUCK = 0.5  # seconds in which a server that has heard a signal would have ended
STORM = 200  # signals: trio handles one within the other when they come faster, down to the end of the stack


@each_version
def test_a_signal_wakes_the_loop_though_no_client_stirs(version: str) -> None:
    with serving("self_pipe", version) as trial:
        trial.server.signal(signal.SIGHUP)
        wait_for_words(trial.server, "0 here, 0 bytes in all\n")
        idle = trial.connect()
        with trial.connect() as client:
            client.send(b"hello")
            client.half_close()
            client.expect(b"5 bytes\n")
            client.expect_fin()
        trial.server.signal(signal.SIGHUP)
        wait_for_words(trial.server, "1 here, 5 bytes in all\n")
        trial.server.signal(signal.SIGTERM)
        trial.server.expect_end()
        idle.expect_fin()


@each_version
def test_the_signals_of_a_terminal_end_it_too(version: str) -> None:
    with serving("self_pipe", version) as trial:
        idle = trial.connect()
        trial.server.interrupt()
        trial.server.expect_end()
        idle.expect_fin()


@each_version
def test_one_sigterm_among_many_signals_is_not_lost(version: str) -> None:
    with serving("self_pipe", version) as trial:
        for _ in range(STORM):
            trial.server.signal(signal.SIGHUP)
        trial.server.signal(signal.SIGTERM)
        assert trial.server.wait(trial.patience) == 0


def test_a_handler_that_is_not_the_loops_does_not_wake_it() -> None:
    with serving("self_pipe", "naive") as trial:
        trial.server.signal(signal.SIGTERM)
        wait_for_words(trial.server, "stopping")
        with pytest.raises(Broken, match="still runs"):
            trial.server.wait(STUCK)
        trial.rush(1)  # any event will do
        trial.server.expect_end()
