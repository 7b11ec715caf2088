"""The traces that the guide shows: complete, small, and its figures are what they give."""

import json
import re
from pathlib import Path

import pytest

from guide.generate.phases import phases
from iomodels.catalogue import variants
from iomodels.trace import document, figure
from tests.iomodels.running import ROOT
from tests.iomodels.trace.test_shown import assert_no_overlap

DATA, FIGURES = ROOT / "guide/data/traces", ROOT / "guide/figures/trace"
TRACES = sorted(DATA.rglob("*.json"))


def test_every_variant_with_code_of_its_own_was_traced() -> None:
    own = {variant.name for variant in variants() if variant.profile.same_as is None}
    assert {str(path.relative_to(DATA).with_suffix("")) for path in TRACES} == own
    assert {path.relative_to(FIGURES).with_suffix("") for path in FIGURES.rglob("*.svg")} == {
        path.relative_to(DATA).with_suffix("") for path in TRACES
    }


@pytest.mark.parametrize("path", TRACES, ids=lambda path: str(path.relative_to(DATA).with_suffix("")))
def test_the_figure_is_what_the_trace_gives(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    assert len(written) < 20_000
    timeline = document.load(written)
    assert document.dump(timeline) == written
    assert timeline.variant == str(path.relative_to(DATA).with_suffix(""))
    assert figure.render(timeline) == (FIGURES / f"{timeline.variant}.svg").read_text(encoding="utf-8")
    assert_no_overlap(timeline)


@pytest.mark.parametrize("path", TRACES, ids=lambda path: str(path.relative_to(DATA).with_suffix("")))
def test_nothing_of_the_machine_is_in_it(path: Path) -> None:
    about = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    assert set(about) == {"kernel", "python", "strace"}
    assert about["kernel"].count(".") == 1
    assert "/" not in "".join(about.values())


def test_the_guides_table_has_a_row_for_each_trace_asked_for() -> None:
    blocking, uring, sibling = phases("blocking", "io_uring", "trio/epoll").splitlines()[2:]
    assert re.search(r"^\| `sockets/blocking` .* recvfrom 1, sendto 1 \| waited .* until A left \|$", blocking)
    assert "| not seen |" in uring
    assert "`trio/select`" in sibling


def test_the_guides_table_asks_for_a_trace_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="iomodels trace sockets/epoll --data"):
        phases("epoll", data=tmp_path)
