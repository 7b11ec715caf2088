"""The guide's page of experiments, and the lines that other pages take from it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from guide.generate.experiments import DATA, FIGURES, experiments, tried
from iomodels.experiments import document
from iomodels.experiments.experiment import Record, Verdict
from tests.iomodels.compare.samples import record

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three records, a verdict each."""
    made = [
        record("silent-client", "One silent client | stops all others.", Verdict.HOLDS),
        record("idle-descriptors", "select costs more with each.", Verdict.DEPENDS),
        record("threads-are-slow", "Threads are slower.", Verdict.DOES_NOT_HOLD),
    ]
    for each in made:
        (tmp_path / f"{each.name}.json").write_text(document.dump(each), encoding="utf-8")
    return tmp_path


def test_the_page_counts_the_verdicts_and_names_the_machine(data: Path) -> None:
    first = experiments(data).partition("\n")[0]
    assert first == "3 claims: 1 holds, 1 does not hold, 1 depends. Linux 6.18, CPython 3.11.9, A processor, 2 cores."


def test_every_claim_has_a_row_and_a_section_that_the_row_leads_to(data: Path) -> None:
    page = experiments(data)
    rows = re.findall(r"^\| \[(.*)\]\(#(.*)\) \| (.*) \|$", page, re.MULTILINE)
    assert rows == [
        ("select costs more with each.", "idle-descriptors", "**depends**, at 100 descriptors"),
        (r"One silent client \| stops all others.", "silent-client", "**holds**"),
        ("Threads are slower.", "threads-are-slow", "**does not hold here**"),
    ]
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert [heading.lower().replace(" ", "-") for heading in headings] == [anchor for _, anchor, _ in rows]


def test_a_section_has_the_figure_the_numbers_and_the_reason(data: Path) -> None:
    section = experiments(data).partition("## Threads are slow\n")[2]
    for words in (
        "*Threads are slower.*",
        "**Does not hold here**. Beside 10,000 idle descriptors a request takes 217 us",
        "The kernel walks through the list at each call",
        f"![select and poll rise, epoll does not.]({FIGURES}/threads-are-slow.svg)",
        "| idle | select | poll | epoll |\n|---|---:|---:|---:|\n| 1 |",
        "It is tried.",
        "Source: select(2), BUGS. In a hurry: 4 s, 2026-11-25. `iomodels experiments threads-are-slow`",
    ):
        assert words in section, words


def test_another_page_can_say_what_came_out(data: Path) -> None:
    said = tried("threads-are-slow", "silent-client", data=data).splitlines()
    assert said[0].startswith(
        "- [Threads are slower.](../experiments.md#threads-are-slow) **does not hold here**: Beside 10,000"
    )
    assert "](experiments.md#silent-client) **holds**" in tried("silent-client", up="", data=data)
    with pytest.raises(LookupError, match="iomodels experiments never-made"):
        tried("never-made", data=data)


def test_a_name_with_an_asterisk_is_no_emphasis(tmp_path: Path) -> None:
    made = record("a", "`sock_*` costs more than sock_* does.", Verdict.HOLDS)
    (tmp_path / "a.json").write_text(document.dump(made), encoding="utf-8")
    assert r"*`sock_*` costs more than sock_\* does.*" in experiments(tmp_path)


def test_before_any_was_made_the_page_says_so(tmp_path: Path) -> None:
    assert experiments(tmp_path) == "None has been made yet."


def test_what_is_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"schema_version": 1', encoding="utf-8")
    with pytest.raises(LookupError, match=r"half\.json: not JSON"):
        experiments(tmp_path)


def committed() -> list[Record]:
    return [document.load(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.json"))]


def test_every_committed_record_has_its_figures_and_no_figure_is_left_over() -> None:
    figures = {path.name for path in (ROOT / "guide" / FIGURES).glob("*.svg")}
    assert figures == {f"{name}.svg" for each in committed() for name in each.figures}


def test_a_hurry_is_told_from_a_thorough_run(tmp_path: Path) -> None:
    made = replace(record("a", "A claim.", Verdict.HOLDS), quick=False)
    (tmp_path / "a.json").write_text(document.dump(made), encoding="utf-8")
    assert "Thorough: 4 s" in experiments(tmp_path)
