"""Traps and words are linked to what tests them: to cases that there are, and to files that there are."""

import re
from pathlib import Path

import pytest

from guide.generate.contract import slug
from iomodels.contract.case import all_cases

GUIDE = Path(__file__).resolve().parents[2] / "guide"
LINK = re.compile(r"\[([^\]]+)\]\((\.\./)*contract\.md#([^)]+)\)")
TEST = re.compile(r"\]\(\.\./(tests/[^)]+)\)")
SLUGS = {slug(case.id): case.id for case in all_cases()}
TRAPS = re.split(r"^### ", (GUIDE / "traps.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
PAGES = [
    path for path in sorted(GUIDE.rglob("*.md")) if "_build" not in path.parts and LINK.search(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("trap", [pytest.param(text, id=text.partition("\n")[0]) for text in TRAPS])
def test_each_trap_names_a_case_or_a_test_that_there_is(trap: str) -> None:
    _, _, tested = trap.partition("Tested by ")
    tests = TEST.findall(tested)
    assert LINK.search(tested) or tests, "it does not say what tests it"
    for path in tests:
        assert (GUIDE.parent / path).is_file()


@pytest.mark.parametrize("page", [pytest.param(path, id=str(path.relative_to(GUIDE))) for path in PAGES])
def test_each_link_to_a_case_leads_to_the_one_that_it_names(page: Path) -> None:
    for text, _, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        assert anchor in SLUGS
        if "/" in text:
            assert text == SLUGS[anchor]


def test_there_are_traps_and_pages() -> None:
    assert len(TRAPS) > 20
    assert {"traps.md", "glossary.md"} <= {path.name for path in PAGES}
