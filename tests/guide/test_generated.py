"""Tables that are generated stand in the pages as text; here it is seen that they are what would be generated now."""

import contextlib
import io
from pathlib import Path

import pytest
from cogapp import Cog

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "guide"
PAGES = [
    path for path in sorted(GUIDE.rglob("*.md")) if "_build" not in path.parts and "[[[cog" in path.read_text(encoding="utf-8")
]
STALE = 5  # cog's exit status when a check has failed


def check(page: Path) -> tuple[int, str]:
    """cog's exit status, and what it says."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = Cog().main(["cog", "--check", "--diff", "-p", "from guide.generate import *", str(page)])
    return status, said.getvalue()


@pytest.mark.parametrize("page", [pytest.param(path, id=str(path.relative_to(GUIDE))) for path in PAGES])
def test_a_generated_block_is_what_is_generated_now(page: Path) -> None:
    status, said = check(page)
    assert status == 0, f"refresh it with `make guide`:\n{said}"


def test_there_are_generated_blocks() -> None:
    assert GUIDE / "side_by_side" / "index.md" in PAGES


def test_a_block_that_has_been_changed_by_hand_is_found(tmp_path: Path) -> None:
    page = tmp_path / "index.md"
    text = (GUIDE / "side_by_side" / "index.md").read_text(encoding="utf-8")
    page.write_text(text.replace("| [select](select.md) |", "| [selected](select.md) |"), encoding="utf-8")
    status, said = check(page)
    assert status == STALE
    assert "selected" in said
