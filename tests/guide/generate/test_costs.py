import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from guide.generate import costs
from guide.generate.costs import CostsError, commands
from iomodels.bench.document import dump
from iomodels.bench.results import Point, Results, Settings
from iomodels.catalogue import variants
from tests.iomodels.bench.samples import METADATA, cell_of

RUNTIMES = ("sockets/epoll", "asyncio/epoll", "trio/select", "anyio/select")


def run(folder: Path, file: str, figures: Mapping[tuple[int, str], list[float]], **metadata: str) -> None:
    """Write what `iomodels bench --save` does for these microseconds a request, a number for each round."""
    cells = [cell_of(name, each, Point(connections=size)) for (size, name), each in figures.items()]
    results = Results(METADATA | metadata, Settings(2, 0.5, 0.25, (0, 1)), "ceiling", cells)
    (folder / file).write_text(dump(results))


def many(*names: str) -> dict[tuple[int, str], list[float]]:
    """The ceiling at 5 and 8 us, and the others at ten times that."""
    known: dict[tuple[int, str], list[float]] = {(100, "ceiling"): [5.0, 5.0], (1000, "ceiling"): [8.0, 8.0]}
    return known | {(size, name): [10 * us, 10 * us] for name in names for size, us in ((100, 5.0), (1000, 8.0))}


def test_each_runtime_has_its_cost_and_its_ratio_to_c(tmp_path: Path) -> None:
    run(tmp_path, "costs.json", many(*RUNTIMES))
    assert costs("epoll", data=tmp_path).splitlines()[:7] == [
        "| runtime | 100 connections | x C | 1000 connections | x C |",
        "|---|---:|---:|---:|---:|",
        "| C, epoll | 5.0 us | 1.00 | 8.0 us | 1.00 |",
        "| sockets | 50.0 us | 10.00 | 80.0 us | 10.00 |",
        "| asyncio | 50.0 us | 10.00 | 80.0 us | 10.00 |",
        "| trio (as select) | 50.0 us | 10.00 | 80.0 us | 10.00 |",
        "| anyio (as select) | 50.0 us | 10.00 | 80.0 us | 10.00 |",
    ]


def test_the_machine_and_the_spread_stand_below(tmp_path: Path) -> None:
    figures = many(*RUNTIMES) | {(1000, "sockets/epoll"): [80.0, 120.0]}
    run(tmp_path, "costs.json", figures)
    how = costs("epoll", data=tmp_path).splitlines()[-1]
    assert "2 rounds of 0.5 s, 64-byte messages" in how
    assert "up to 40% apart" in how
    assert "CPython" in how


def test_a_loop_has_a_row_where_it_was_measured(tmp_path: Path) -> None:
    run(tmp_path, "costs.json", many(*RUNTIMES, "asyncio+uvloop/poll"))
    table = costs("epoll", data=tmp_path)
    assert "| asyncio+uvloop (as poll) |" in table
    assert "anyio+trio" not in table


def test_a_model_that_holds_few_is_measured_with_as_many(tmp_path: Path) -> None:
    run(tmp_path, "costs.json", many("asyncio/prefork", "trio/prefork", "anyio/prefork"))
    run(tmp_path, "costs_4.json", {(4, "ceiling"): [4.0, 4.0], (4, "sockets/prefork"): [8.0, 8.0]})
    lines = costs("prefork", data=tmp_path).splitlines()
    assert lines[0] == "| runtime | 4 connections | x C | 100 connections | x C | 1000 connections | x C |"
    assert lines[3] == "| sockets | 8.0 us | 2.00 | - | - | - | - |"
    assert lines[4] == "| asyncio | - | - | 50.0 us | 10.00 | 80.0 us | 10.00 |"


def test_a_figure_that_is_missing_is_an_error(tmp_path: Path) -> None:
    run(tmp_path, "costs.json", many("sockets/epoll", "asyncio/epoll", "trio/select"))
    with pytest.raises(CostsError, match="anyio/select at 100 connections"):
        costs("epoll", data=tmp_path)
    with pytest.raises(LookupError, match="epol"):
        costs("epol", data=tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"results": []}', '{"schema_version": 0}'])
def test_a_file_that_is_no_run_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "costs.json").write_text(text)
    with pytest.raises(CostsError, match=r"costs\.json"):
        costs("epoll", data=tmp_path)


def test_figures_of_two_machines_are_not_compared(tmp_path: Path) -> None:
    run(tmp_path, "costs.json", many(*RUNTIMES))
    run(tmp_path, "costs_1.json", many(*RUNTIMES), python="PyPy 3.11.13")
    with pytest.raises(CostsError, match="different machines"):
        costs("epoll", data=tmp_path)


@pytest.mark.parametrize("model", sorted({variant.model for variant in variants()}))
def test_the_committed_runs_have_every_model(model: str) -> None:
    assert costs(model).startswith("| runtime |")


def test_the_commands_measure_what_there_is_to_measure() -> None:
    words = [shlex.split(command) for command in commands()]
    assert all(each[:2] == ["iomodels", "bench"] for each in words)
    known = {variant.name: variant for variant in variants()}
    named = [word for each in words for word in each if word in known]
    own = [name for name, variant in known.items() if "+" not in variant.runtime and variant.profile.same_as is None]
    assert sorted(name for name in named if "+" not in name) == sorted(own)
    assert {"asyncio+uvloop/selectors", "anyio+trio/threads"} <= set(named)
    for each in words:
        most = max(map(int, each[each.index("--connections") + 1].split(",")))
        assert all(known[word].profile.holds(most) for word in each if word in known)
