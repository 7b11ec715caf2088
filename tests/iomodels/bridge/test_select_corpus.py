"""The programs of the corpus that wait with select, poll, epoll or selectors pass under the bridge what they pass without."""

from pathlib import Path

import pytest

from tests.corpus.header import Program, parse, programs
from tests.corpus.moves import differs
from tests.iomodels.bridge.readiness_moving import LIBRARIES, moved

FAMILY = "select_", "poll_", "epoll_", "selectors_"
OTHERS = {"select_relay"}  # a thread waits for each connection: nothing for one loop
PROGRAMS = {each.name: each for each in programs() if each.name.startswith(FAMILY) and each.name not in OTHERS}
TELLING = (
    "backpressure/never-reads-from-first-byte",
    "half-close/at-once",
    "half-close/flushes-then-fin",
    "half-close/pieces-and-fin-queued",
    "integrity/large-stream",
    "integrity/pipelined-10000",
    "integrity/two-interleaved",
    "integrity/urgent-byte",
    "leaks/cpu-idle",
    "limits/descriptor-reuse",
    "reset/between-messages",
    "reset/thirty-at-once",
    "segmentation/byte-by-byte",
    "stop/in-mid-reply",
    "stop/nothing-left",
)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_of_the_corpus(program: Program, library: str, tmp_path: Path) -> None:
    header, mark, text = program.path.read_text().partition("# /corpus\n")
    copy = tmp_path / program.path.name
    copy.write_text(header + mark + moved(text, library))
    assert not differs(program, parse(copy), TELLING)
