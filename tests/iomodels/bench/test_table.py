"""What a reader sees: the cheapest first, doubts below, and a table that fits the terminal."""

import dataclasses
import re

import pytest

from iomodels.bench import table
from iomodels.bench.doubts import doubts
from iomodels.bench.metadata import describe, differences, machine
from iomodels.bench.results import Point, Results
from tests.iomodels.bench.samples import METADATA, results_of


def sample() -> Results:
    return results_of({"mine": [20.0, 20.2, 20.1], "ceiling": [5.0, 5.1, 5.2]})


def changed(results: Results, **fields: object) -> Results:
    """Every round of the first cell with other figures."""
    first = results.cells[0]
    first.rounds = [dataclasses.replace(each, **fields) for each in first.rounds]  # type: ignore[arg-type]
    return results


def test_the_cheapest_comes_first_with_its_figures() -> None:
    lines = table.text(sample()).splitlines()
    assert lines[0] == "upper, 100 connections, 64 bytes"
    assert lines[1].split()[:5] == ["server", "us/request", "spread", "x", "ceiling"]
    assert lines[2].split()[:5] == ["ceiling", "5.10", "4%", "1.00", "10,000"]
    assert lines[3].split()[:5] == ["mine", "20.10", "1%", "3.96", "10,000"]
    assert lines[-2].startswith("median of 3 rounds of 1 s; ")
    assert lines[-1] == "Linux 6.1, CPython 3.13.1, Some CPU, 2 cores"


def test_every_point_has_a_table() -> None:
    results = results_of({"mine": [1.0]}, points=[Point(), Point("http", 1, idle=1000, per_connection=1)])
    captions = [line for line in table.text(results).splitlines() if "bytes" in line]
    assert captions == [
        "upper, 100 connections, 64 bytes",
        "http, 1 connection, 64 bytes, 1,000 idle beside them, 1 request a connection",
    ]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_table_that_is_too_wide_is_cut_and_loses_nothing(width: int) -> None:
    whole, cut = table.text(sample()), table.text(sample(), width)
    rows = [line for line in cut.splitlines() if line.startswith(("server", "mine", "ceiling"))]
    assert len(rows) > 3
    assert max(map(len, rows)) <= width
    assert _cells(rows) == _cells(whole.splitlines()[1:4])


def _cells(rows: list[str]) -> list[str]:
    """The cells of all rows but the names, in some order."""
    return sorted(cell for row in rows for cell in re.split(r" {2,}", row)[1:])


def test_markdown_is_a_table() -> None:
    lines = table.markdown(sample()).splitlines()
    assert lines[0] == "**upper, 100 connections, 64 bytes**"
    assert lines[2].startswith("| server | us/request |")
    assert lines[3].startswith("|---|---:|")
    assert {line.count("|") for line in lines[2:6]} == {lines[2].count("|")}


def test_what_was_not_measured_is_a_dash() -> None:
    results = changed(sample(), per_connection=None)
    row = next(line for line in table.text(results).splitlines() if line.startswith("mine"))
    assert row.split().count("-") == 2  # system calls, and this


def test_who_is_not_there_is_named() -> None:
    results = sample()
    results.skipped["other"] = "no rings here"
    results.interrupted = True
    told = table.text(results)
    assert "skipped: other: no rings here\n" in told
    assert "interrupted: these are the rounds until then\n" in told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param({"taken": 0.5}, "other programs took part of a core .*: mine .100. 50%", id="a busy machine"),
        pytest.param({"generator_cpu": 0.99}, "the generator was the limit.*: mine .100. in 3 of 3 rounds", id="the load"),
        pytest.param({"processes_gone": 2}, "processes ended while counting.*: mine", id="ended processes"),
    ],
)
def test_a_figure_that_is_doubtful_is_doubted(fields: dict[str, float], told: str) -> None:
    (doubt,) = doubts(changed(sample(), **fields))
    assert re.match(told, doubt)


def test_rounds_far_apart_are_doubted_and_others_are_not() -> None:
    assert doubts(sample()) == []
    (doubt,) = doubts(results_of({"mine": [10.0, 10.0, 13.0]}))
    assert "more than 20% between rounds" in doubt
    assert "30%" in doubt


def test_a_rate_that_was_not_held_is_doubted() -> None:
    results = results_of({"mine": [1.0]}, points=[Point(rate=20_000)])
    assert any("the rate was not held: mine (100) 10,000 of 20,000 requests/s" in doubt for doubt in doubts(results))
    assert doubts(results_of({"mine": [1.0]}, points=[Point(rate=10_050)])) == []


def test_calls_for_the_lock_are_told_apart() -> None:
    results = sample()
    results.cells[0].calls = {"futex": 300.0, "recvfrom": 1.0, "sendto": 1.0}
    assert any("2.00 without" in doubt for doubt in doubts(results))


def test_many_places_are_a_number() -> None:
    (doubt,) = doubts(results_of({f"s{number}": [10.0, 13.0] for number in range(9)}, reference=None))
    assert doubt.endswith("and 3 more")


def test_the_metadata_say_what_there_is_to_say_and_what_differs() -> None:
    about = describe()
    assert {"date", "kernel", "processor", "cores", "load average", "python", "iomodels"} <= about.keys()
    assert all(about.values())
    assert about["kernel"] in machine(about)
    assert differences(METADATA, METADATA | {"kernel": "Linux 7.0", "date": "now"}) == ["kernel: Linux 6.1, then Linux 7.0"]
    assert differences(METADATA, METADATA | {"uvloop": "1.0"}) == ["uvloop: none, then 1.0"]
