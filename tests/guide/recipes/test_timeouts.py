import select
from pathlib import Path

from iomodels.contract.broken import Broken
from iomodels.contract.client import Client
from iomodels.contract.trial import KIB, MIB
from tests.guide.recipes._running import each_version
from tests.guide.recipes._talking import altered, serving

NEVER = "60"  # seconds: longer than any test
SOON = "1.0"  # seconds
PAUSE = 0.1  # seconds that a client thinks before it goes on: less than SOON by far


def chat(client: Client, until: Client) -> None:
    """Say something now and then, and be answered, until something comes to another client, an end too."""
    while not until.ready(select.POLLIN, PAUSE):
        client.exchange(b"x", b"X")


def chat_until_dropped(client: Client) -> None:
    """Say something now and then, and be answered, until the server ends the conversation: with RST if that met our words."""
    while not client.ready(select.POLLIN, PAUSE):
        try:
            client.send(b"x")
        except Broken:
            return
        if not client.is_answered(b"X"):
            return
    assert not client.is_answered(b"X")


def push(client: Client) -> str:
    """Send and never read, as long as the server lets us; how that ended."""
    while True:
        try:
            client.send(bytes(256 * KIB))
        except Broken as end:
            return str(end)


@each_version
def test_who_is_silent_is_dropped_and_who_is_not_goes_on(version: str) -> None:
    with serving("timeouts", version, SOON, NEVER) as trial:
        talker, silent = trial.connect(), trial.connect()
        chat(talker, until=silent)
        silent.expect_fin()
        talker.exchange(b"still here", b"STILL HERE")
        talker.expect_fin()  # it is silent now


@each_version
def test_the_limit_in_all_ends_even_who_is_never_silent(version: str) -> None:
    with serving("timeouts", version, NEVER, SOON) as trial:
        chat_until_dropped(trial.connect())
        trial.connect().exchange(b"its own time", b"ITS OWN TIME")


@each_version
def test_who_does_not_read_is_dropped(version: str) -> None:
    with serving("timeouts", version, SOON, NEVER) as trial:
        stuck = trial.connect(receive_buffer=4 * KIB)
        stuck.exchange(b"hello", b"HELLO")
        assert "the server cut the connection" in push(stuck)


@each_version
def test_limits_that_are_not_reached_change_nothing(version: str) -> None:
    with serving("timeouts", version, NEVER, NEVER) as trial, trial.witness():
        client = trial.connect()
        client.exchange(*trial.talk(8 * MIB), half_close=True)
        client.expect_fin()


def test_a_limit_for_each_call_set_round_the_conversation_drops_who_talks(tmp_path: Path) -> None:
    naive = altered(tmp_path, "timeouts", "on_asyncio", {"asyncio.timeout(TOTAL)": "asyncio.timeout(IDLE)"})
    with serving("timeouts", naive, SOON, NEVER) as trial:
        chat_until_dropped(trial.connect())


def test_closing_does_not_drop_who_does_not_read(tmp_path: Path) -> None:
    naive = altered(tmp_path, "timeouts", "on_asyncio", {"writer.transport.abort()": "writer.close()"})
    with serving("timeouts", naive, SOON, NEVER) as trial:
        stuck = trial.connect(receive_buffer=4 * KIB)
        stuck.exchange(b"hello", b"HELLO")
        stuck.patience = 3 * float(SOON)
        assert "then silence" in push(stuck)
