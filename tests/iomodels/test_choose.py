import pytest

from iomodels.choose import choose, matches, nearest

NAMES = ["half-close/at-once", "half-close/flushes-then-fin", "stop/idle"]


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("half-close/*", NAMES[:2]),
        ("half-close", NAMES[:2]),
        ("idle", NAMES[2:]),
        ("stop/idle", NAMES[2:]),
        ("*/at-*", NAMES[:1]),
        ("fl*", NAMES[1:2]),
        ("half", []),
        ("Half-close", []),
    ],
)
def test_a_pattern_means_a_whole_name_or_one_of_its_parts(pattern: str, meant: list[str]) -> None:
    assert [name for name in NAMES if matches(name, pattern)] == meant


def test_without_only_all_are_chosen_and_skip_takes_away() -> None:
    assert choose(NAMES, str, "case") == NAMES
    assert choose(NAMES, str, "case", skip=["stop", "*/at-once"]) == NAMES[1:2]
    assert choose(NAMES, str, "case", only=["idle", "at-once"]) == [NAMES[0], NAMES[2]]


def test_a_pattern_that_means_nothing_is_told_the_nearest_name() -> None:
    with pytest.raises(LookupError, match=r"^no case is called 'half-clos'; did you mean half-close\?$"):
        choose(NAMES, str, "case", only=["half-clos"])
    with pytest.raises(LookupError, match=r"^no case is called 'stop/idel'; did you mean stop/idle\?$"):
        choose(NAMES, str, "case", skip=["stop/idel"])


def test_to_leave_nothing_is_refused() -> None:
    with pytest.raises(LookupError, match="no case is left"):
        choose(NAMES, str, "case", only=["stop"], skip=["idle"])


def test_nothing_near_gives_no_advice() -> None:
    assert nearest("zzz", NAMES) == ""
