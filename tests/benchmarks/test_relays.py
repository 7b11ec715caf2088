"""The recorder beside the bare relay: the comparison runs, and a relay that changes bytes is not measured."""

import contextlib
import shutil
import socket

import pytest

from benchmarks import relays


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_it_prints_a_row_for_each_load(capsys: pytest.CaptureFixture[str]) -> None:
    relays.main(["--mib", "2", "--connections", "10", "--rounds", "1", "--seconds", "0.2"])
    rows = capsys.readouterr().out.splitlines()
    assert [row[:20].strip() for row in rows] == ["", "2 MiB of text", "2 MiB of random", "10 connections"]
    assert all("throughput >= 0.5, memory <= 64 MiB: " in row for row in rows[1:])


def test_a_recorder_that_is_too_slow_or_too_large_is_not_as_it_should_be(capsys: pytest.CaptureFixture[str]) -> None:
    bare = relays.Run(rate=100, cpu=1, memory=10)
    assert relays.report("x", [(bare, relays.Run(rate=51, cpu=2, memory=20))])
    assert not relays.report("x", [(bare, relays.Run(rate=49, cpu=2, memory=20))])
    assert not relays.report("x", [(bare, relays.Run(rate=90, cpu=2, memory=65))])
    assert capsys.readouterr().out.count("NOT MET") == 2


def test_wrong_bytes_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def changes(client: socket.socket, block: bytes, period: int, total: int) -> None:
        with contextlib.suppress(OSError):  # who has seen the first wrong byte closes it
            client.sendall(block[:period].replace(b"fox", b"cat") * (total // period + 1))
            client.shutdown(socket.SHUT_WR)

    monkeypatch.setattr(relays, "say", changes)
    with pytest.raises(AssertionError, match="wrong bytes after"):
        relays.stream("bare", relays.PAYLOADS["text"], 1)
