import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from iomodels.migrate import baseline
from iomodels.migrate.baseline import Identity
from iomodels.migrate.finding import Finding
from iomodels.migrate.sources import Sources
from tests.iomodels.migrate.output.making import finding


def found(folder: Path, source: str) -> list[Finding]:
    """A finding for each line that says `send`."""
    path = folder / "sub" / "server.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)
    return [finding(path, number) for number, line in enumerate(source.splitlines(), 1) if "send" in line]


def written(folder: Path, findings: Sequence[Finding]) -> Path:
    path = folder / "baseline.json"
    path.write_text(baseline.content(findings, Sources(), folder))
    return path


def left(folder: Path, findings: Sequence[Finding]) -> list[int]:
    known = baseline.read(folder / "baseline.json")
    return [each.place.line for each in baseline.without(findings, known, Sources(), folder)]


def test_what_is_written_is_read_and_takes_all_of_it_out(tmp_path: Path) -> None:
    findings = found(tmp_path, "send(a)\nsend(b)\nsend(a)\n")
    path = written(tmp_path, findings)
    assert baseline.read(path) == Counter(
        {Identity("sub/server.py", "IOM102", "", "send(a)"): 2, Identity("sub/server.py", "IOM102", "", "send(b)"): 1}
    )
    assert left(tmp_path, findings) == []


def test_lines_may_move(tmp_path: Path) -> None:
    written(tmp_path, found(tmp_path, "send(a)\nsend(b)\n"))
    assert left(tmp_path, found(tmp_path, "\n\nif x:\n    send(b)\nsend(a)\n")) == []


def test_one_more_and_one_changed_show(tmp_path: Path) -> None:
    written(tmp_path, found(tmp_path, "send(a)\nsend(b)\n"))
    assert left(tmp_path, found(tmp_path, "send(a)\nsend(a)\nsend(c)\n")) == [2, 3]


def test_another_rule_unit_or_file_shows(tmp_path: Path) -> None:
    (first,) = found(tmp_path, "send(a)\n")
    written(tmp_path, [first])
    path = first.place.path
    copy = tmp_path / "sub" / "copy.py"
    copy.write_text("send(a)\n")
    others = [first, finding(path, 1, "IOM201"), finding(path, 1, unit="Server"), finding(copy, 1)]
    known = baseline.read(tmp_path / "baseline.json")
    assert baseline.without(others, known, Sources(), tmp_path) == others[1:]


def test_it_means_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, found(tmp_path, "send(a)\n"))
    monkeypatch.chdir(tmp_path / "sub")
    assert left(Path(".."), [finding("server.py", 1)]) == []


def test_the_file_is_in_a_stable_order(tmp_path: Path) -> None:
    findings = found(tmp_path, "send(b)\nsend(a)\nsend(b)\n")
    text = baseline.content(findings, Sources(), tmp_path)
    assert baseline.content(findings[::-1], Sources(), tmp_path) == text
    assert json.loads(text) == {
        "schema_version": 1,
        "findings": [
            {"path": "sub/server.py", "rule": "IOM102", "unit": "", "line": "send(a)", "count": 1},
            {"path": "sub/server.py", "rule": "IOM102", "unit": "", "line": "send(b)", "count": 2},
        ],
    }


def test_the_file_that_its_docstring_shows_is_one(tmp_path: Path) -> None:
    shown = next(line for line in (baseline.__doc__ or "").splitlines() if line.startswith("    {"))
    (tmp_path / "baseline.json").write_text(shown)
    assert baseline.read(tmp_path / "baseline.json") == {Identity("server.py", "IOM102", "Echo", "while 1:"): 2}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting property name"),
        ("[]", "list indices"),
        ("3", "not subscriptable"),
        ("{}", "'schema_version' is missing"),
        ('{"schema_version": 2, "findings": []}', "its schema_version is 2, not 1"),
        ('{"schema_version": 1, "findings": 3}', "not iterable"),
        ('{"schema_version": 1, "findings": ["x"]}', "indices"),
        ('{"schema_version": 1, "findings": [{"count": 1}]}', "'path' is missing"),
        ('{"schema_version": 1, "findings": [{"count": "many"}]}', "a count is 'many'"),
        ('{"schema_version": 1, "findings": [{"count": -1}]}', "a count is -1"),
        ("\xff", "utf-8"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=f"^{path} is no baseline: [^\n]*{why}[^\n]*$"):
        baseline.read(path)


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=f"^cannot read the baseline {tmp_path}/none.json: No such file or directory$"):
        baseline.read(tmp_path / "none.json")
