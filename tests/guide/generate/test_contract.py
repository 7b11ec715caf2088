import re
import tomllib
from pathlib import Path

from guide.generate.contract import contract, slug
from iomodels.contract.case import all_cases
from iomodels.contract.profile import Profile

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "guide" / "contract.md"


def section(case_id: str) -> str:
    """What the page says below a case's heading."""
    return contract().partition(f"\n### {case_id}\n")[2].partition("\n#")[0]


def test_every_case_has_a_heading_and_there_is_no_other() -> None:
    headings = re.findall(r"^### (.+)$", contract(), re.MULTILINE)
    assert sorted(headings) == sorted(case.id for case in all_cases())
    assert len({slug(heading) for heading in headings}) == len(headings)


def test_below_it_stand_what_must_hold_why_where_that_is_written_and_its_code() -> None:
    for case in all_cases():
        said = section(case.id)
        assert f"**{case.says}**" in said
        assert case.why in said
        assert f"*{case.reference}*" in said
        (path,) = re.findall(r"\]\(\.\./(iomodels/contract/cases/[^)]+)\)", said)
        assert case.says in (ROOT / path).read_text()


def test_it_says_whom_a_case_is_for_and_what_it_takes() -> None:
    assert "For servers that speak lines or http or resp." in section("half-close/lingering-client-frees-slot")
    assert "start it with --cmd" in section("stop/idle-clients-get-fin")
    assert "For servers" not in section("abuse/random-bytes")


def test_the_profile_that_the_page_shows_is_one() -> None:
    (shown,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    profile = Profile.from_mapping(tomllib.loads(shown))
    assert (profile.capacity, profile.workers) == (1, 4)
    assert profile.reason("stop/in-mid-reply")
