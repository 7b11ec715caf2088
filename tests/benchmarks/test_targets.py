"""The table of numbers to reach says which are, and by the exit status whether all are."""

import re

import pytest

from benchmarks import targets
from iomodels.bench.results import Point, Results
from tests.iomodels.bench.samples import results_of


def measured(epoll: float) -> Results:
    """The ceiling costs 5 us and the ten lines 7."""
    costs = {"ceiling": [5.0, 5.0], "ten_lines": [7.0, 7.0], "sockets/epoll": [epoll, epoll]}
    return results_of(costs, points=[Point(), Point(connections=1000)])


def test_each_number_is_met_or_not() -> None:
    _, *rows = targets.table(measured(8.0))
    assert [(row[1], row[2], row[4], row[6]) for row in rows] == [
        ("ceiling", "100", "1.60", "NOT MET"),
        ("ceiling", "1000", "1.60", "met"),
        ("ten_lines", "100", "1.14", "NOT MET"),
        ("ten_lines", "1000", "1.14", "NOT MET"),
    ]


@pytest.mark.parametrize(("epoll", "status"), [(6.0, 0), (8.0, 1)])
def test_the_exit_status_says_whether_all_are(
    epoll: float, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def bench(chosen: list[object], *_: object, **__: object) -> Results:
        asked.append({subject.name for subject in chosen})  # type: ignore[attr-defined]
        return measured(epoll)

    monkeypatch.setattr(targets, "bench", bench)
    assert targets.main(["sockets/epoll"]) == status
    assert asked[0] - {"ceiling"} == {"sockets/epoll", "ten_lines"}
    assert re.search(r"sockets/epoll +ceiling +100 ", capsys.readouterr().out)


@pytest.mark.parametrize("arguments", [["sockets/epol"], ["--rounds", "0"], ["--seconds", "nan"], ["--rounds", "x"]])
def test_what_cannot_be_measured_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        targets.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""
