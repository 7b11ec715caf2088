from pathlib import Path

import pytest

from iomodels.contract.server import ServerError
from iomodels.experiments.experiment import NotHere
from iomodels.experiments.lab import Lab
from iomodels.experiments.told import told


def test_what_a_program_prints_is_read() -> None:
    measured = told(Lab(), "copies", "2", "1024", "4096")
    assert [size for size, *_ in measured["copies"]] == [1024, 4096]


def test_a_program_that_fails_is_an_error_with_its_last_words() -> None:
    with pytest.raises(ServerError, match="copies many` ended with status 1: ValueError: invalid literal"):
        told(Lab(), "copies", "many")


def test_a_program_that_cannot_run_here_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "liburing.py").write_text("raise ImportError('no wheel for this machine')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NotHere, match=r"^io_uring needs Linux.*: no wheel for this machine$"):
        told(Lab(), "uring_submissions", "1", "1024")
