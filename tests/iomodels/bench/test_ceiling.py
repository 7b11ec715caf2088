"""The C server is built once, and again when its source changes; without a compiler there is a reason in its place."""

import shutil
from pathlib import Path

import pytest

from iomodels.bench.ceiling import build_ceiling
from iomodels.bench.subjects import ceiling
from iomodels.contract.dialects import DIALECTS
from iomodels.contract.server import Launch, Unavailable
from tests.iomodels.running import ROOT

needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: `cc` is not on the path")


@needs_cc
def test_it_is_built_once_and_answers(tmp_path: Path) -> None:
    program = build_ceiling(tmp_path)
    built = program.stat()
    server = Launch([str(program), "0"]).start()
    try:
        from iomodels.bench.measuring import measure
        from iomodels.load.spec import Spec

        assert measure(server, Spec(server.host, server.port, connections=3, warm_up=0), 0.01, 0).outcome.requests >= 3
    finally:
        server.stop()
    assert build_ceiling(tmp_path).stat().st_mtime_ns == built.st_mtime_ns
    assert list(tmp_path.iterdir()) == [program]


@needs_cc
def test_it_is_kept_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build_ceiling().parent == tmp_path / "iomodels"
    subject = ceiling()
    assert subject is not None
    assert subject.launch("upper").command == [str(build_ceiling()), "0"]
    assert subject.services == ("upper",)
    assert set(subject.services) < set(DIALECTS)
    assert not (ROOT / "iomodels" / "bench" / "ceiling").exists()


def test_without_a_compiler_it_does_not_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ceiling() is None
    with pytest.raises(Unavailable, match="no C compiler"):
        build_ceiling(tmp_path)
