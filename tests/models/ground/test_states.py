import threading
from pathlib import Path

import pytest

from models.ground import states
from models.ground.states import THREADS, own_state, state_within

pytestmark = pytest.mark.skipif(not THREADS.is_dir(), reason="this system has no /proc")


def test_who_reads_its_own_state_runs() -> None:
    assert own_state() == "R"


def test_who_waits_is_suspended() -> None:
    gate = threading.Event()
    assert state_within(gate.wait, gate.set, "S") == "S"


def test_a_state_that_is_not_reached_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "PATIENCE", 0.05)
    gate = threading.Event()
    assert state_within(gate.wait, gate.set, "Z") == "-"


def test_a_call_that_returns_at_once_has_no_state() -> None:
    assert state_within(lambda: None, lambda: None, "S") == "-"


def test_a_system_without_proc_says_nothing_and_the_call_is_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(states, "THREADS", tmp_path / "nowhere")
    made = threading.Event()
    assert state_within(made.set, made.wait, "S") == "-"
    assert made.is_set()
    assert own_state() == "-"
