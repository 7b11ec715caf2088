"""Defects that a move may bring with it, one pair of servers each: all are found, in the conversation that should show them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from iomodels.differ.report import as_text
from tests.iomodels.differ.running import compared, found


@dataclass(frozen=True)
class Pair:
    """new, old: the defects of each. kind: of the conversations that show it. what: the aspects of which one is found."""

    new: str
    kind: str
    what: str
    old: str = ""
    folder: bool = False
    exit_status: bool = False
    log: bool = False


PAIRS = [
    Pair("banner", "plain", "bytes"),
    Pair("no-greeting", "plain", "bytes"),
    Pair("extra-greeting", "plain", "bytes"),
    Pair("last-newline", "plain", "bytes"),
    Pair("case", "plain", "bytes"),
    Pair("crlf", "plain", "bytes"),
    Pair("delayed", "plain", "waits"),
    Pair("quit-stays", "plain", "waits"),
    Pair("reset", "plain", "end"),
    Pair("last-line-lost", "half-closed", "bytes"),
    Pair("half-close-loses", "half-closed", "bytes"),
    Pair("crash-at-eof", "half-closed", "server"),
    Pair("serial", "two", "waits"),
    Pair("", "two", "waits", old="serial"),
    Pair("serial,last-first", "two", "waits", old="serial"),
    Pair("pipelined-dropped", "pipelined", "bytes"),
    Pair("segments", "recut", "bytes"),
    Pair("doubled", "recut", "bytes"),
    Pair("nul-dropped", "mutated", "bytes"),
    Pair("cr-kept", "mutated", "bytes"),
    Pair("error-reply", "mutated", "bytes"),
    Pair("error-ends", "mutated", "waits"),
    Pair("empty-ignored", "mutated", "bytes"),
    Pair("limit", "mutated", "bytes"),
    Pair("long-truncated", "mutated", "bytes"),
    Pair("slow-loses", "slow", "bytes"),
    Pair("stop-cuts", "stopped", "bytes"),
    Pair("stop-resets", "stopped", "end"),
    Pair("exit-status", "plain", "exit", exit_status=True),
    Pair("log", "plain", "log", log=True),
    Pair("file", "plain", "file", folder=True),
    Pair("file-name", "plain", "file", folder=True),
]


def ids(pairs: Sequence[Pair]) -> list[str]:
    return [f"{pair.old or 'none'}-{pair.new or 'none'}" for pair in pairs]


@pytest.mark.parametrize("pair", PAIRS, ids=ids(PAIRS))
def test_a_defect_is_found(pair: Pair) -> None:
    report = compared(
        pair.new,
        pair.old,
        "{dir}" if pair.folder else "",
        kinds=[pair.kind],
        exit_status=pair.exit_status,
        log=pair.log,
        limits=None,
    )
    assert pair.what in found(report), as_text(report)
