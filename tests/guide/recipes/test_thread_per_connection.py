from pathlib import Path

import pytest

from iomodels.contract.client import Client
from iomodels.contract.server import TRACEBACK
from iomodels.contract.trial import Trial
from tests.guide.recipes._running import each_version
from tests.guide.recipes._talking import altered, serving, wait_for_words

UNGUARDED = {".BrokenResourceError": ".WouldBlock", "except Exception:": "except ZeroDivisionError:"}  # none of them is raised


def greeted(trial: Trial, here: int) -> Client:
    """A new client, who is told that so many are here."""
    client = trial.connect()
    client.expect(b"%d here\n" % here)
    return client


@each_version
def test_clients_do_not_wait_for_each_other(version: str) -> None:
    with serving("thread_per_connection", version) as trial:
        first, second = greeted(trial, 1), greeted(trial, 2)
        second.exchange(b"second", b"SECOND")
        first.exchange(b"first", b"FIRST")
        first.half_close()
        first.expect_fin()
        greeted(trial, 2).exchange(b"third", b"THIRD")


@each_version
def test_an_exception_ends_its_own_conversation_alone(version: str) -> None:
    with serving("thread_per_connection", version) as trial:
        bystander, bad = greeted(trial, 1), greeted(trial, 2)
        bad.exchange(b"so far", b"SO FAR")
        bad.send(b"\xff")  # not ASCII: `decode` raises
        bad.expect_fin()
        bystander.exchange(b"bystander", b"BYSTANDER")
        greeted(trial, 2).exchange(b"newcomer", b"NEWCOMER")
        wait_for_words(trial.server, "UnicodeDecodeError")
        assert trial.server.log().count(TRACEBACK) == 1


@each_version
def test_a_reset_ends_its_own_conversation_alone(version: str) -> None:
    with serving("thread_per_connection", version) as trial:
        bystander, gone = greeted(trial, 1), greeted(trial, 2)
        gone.exchange(b"so far", b"SO FAR")
        gone.reset()
        bystander.exchange(b"bystander", b"BYSTANDER")
        newcomer = trial.connect()
        assert newcomer.receive(7) in (b"2 here\n", b"3 here\n")  # whether the reset has been met by now is not known
        newcomer.exchange(b"newcomer", b"NEWCOMER")
        bystander.exchange(b"bystander", b"BYSTANDER")


@pytest.mark.parametrize("version", ["on_trio", "on_anyio"])
def test_an_exception_that_is_not_caught_ends_the_server(version: str, tmp_path: Path) -> None:
    naive = altered(tmp_path, "thread_per_connection", version, UNGUARDED)
    with serving("thread_per_connection", naive) as trial:
        bystander, bad = greeted(trial, 1), greeted(trial, 2)
        bad.send(b"\xff")
        bystander.expect_fin()
        assert trial.server.wait(trial.patience) == 1


@pytest.mark.parametrize("version", ["on_trio", "on_anyio"])
def test_a_reset_that_is_not_caught_ends_the_server(version: str, tmp_path: Path) -> None:
    naive = altered(tmp_path, "thread_per_connection", version, UNGUARDED)
    with serving("thread_per_connection", naive) as trial:
        bystander, gone = greeted(trial, 1), greeted(trial, 2)
        gone.reset()
        bystander.expect_fin()
        assert trial.server.wait(trial.patience) == 1
        assert trial.is_refused()
