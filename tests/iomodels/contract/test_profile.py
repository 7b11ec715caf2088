from pathlib import Path
from typing import Any

import pytest

from iomodels.contract.profile import Profile, ProfileError


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"color": 1}, "no 'color'"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": True}, "capacity"),
        ({"capacity": "many"}, "capacity"),
        ({"isolation": "thread"}, "isolation"),
        ({"state": "shared"}, "state"),
        ({"workers": -1}, "workers"),
        ({"not_applicable": ["a"]}, "not_applicable"),
        ({"not_applicable": {"a/*": ""}}, "not_applicable"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ProfileError, match=words) as raised:
        Profile.from_mapping(values)
    assert "\n" not in str(raised.value)


def test_a_pattern_excuses_the_cases_that_it_means_and_no_other() -> None:
    profile = Profile.from_mapping({"not_applicable": {"capacity/*": "one at a time", "stop/idle": "never idle"}})
    assert profile.reason("capacity/backlog") == "one at a time"
    assert profile.reason("stop/idle") == "never idle"
    assert profile.reason("stop/idle-too") is None


@pytest.mark.parametrize(("capacity", "holds"), [(1, False), (2, True), ("unlimited", True), ("fd-limit", True)])
def test_what_it_holds(capacity: Any, holds: bool) -> None:
    assert Profile.from_mapping({"capacity": capacity}).holds(2) is holds


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.toml", 'capacity = 4\n[not_applicable]\n"a/b" = "why"\n'),
        ("p.json", '{"capacity": 4, "not_applicable": {"a/b": "why"}}'),
    ],
)
def test_a_file_is_toml_or_json(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert Profile.from_file(tmp_path / name) == Profile(capacity=4, not_applicable={"a/b": "why"})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("absent.toml", None),
        ("half.json", b'{"capacity": 4, "not_app'),
        ("half.toml", b"capacity = "),
        ("binary.toml", b"\xff\xfe\x00"),
        ("list.json", b"[1]"),
        ("deep.json", b"[" * 100_000),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_one_line(tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ProfileError, match=name) as raised:
        Profile.from_file(tmp_path / name)
    assert "\n" not in str(raised.value)
