"""The bridges beside the loops that they replace: the comparison runs; a pair differs by `async` and `await` alone."""

import inspect
import re

import pytest

from benchmarks import bridges


def test_it_prints_a_row_for_each_way_and_rhythm(capsys: pytest.CaptureFixture[str]) -> None:
    assert bridges.main(["select", "epoll", "--rounds", "1", "--seconds", "0.1", "--connections", "3"]) in (0, 1)
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == ["us/request", "none", "asyncio", "trio", "anyio"]
    assert [row[:18].strip() for row in rows] == ["select, busy", "select, calm", "epoll, busy", "epoll, calm"]
    assert all(len(re.findall(r"\d+\.\d\d x", row)) == 3 for row in rows)
    assert [row[:18].strip() for row in rows if "<= 1.5 x: " in row] == ["select, busy"]


def test_a_bridge_that_costs_too_much_is_not_as_it_should_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert bridges.report("select", False, [[10, 12, 15, 14]])
    assert not bridges.report("select", False, [[10, 12, 15.1, 14]])
    assert bridges.report("select", True, [[10, 30, 30, 30]])
    assert bridges.report("poll", False, [[10, 30, 30, 30]])
    assert capsys.readouterr().out.count("NOT MET") == 1


@pytest.mark.parametrize("way", bridges.WAYS)
def test_the_loops_of_a_pair_differ_by_async_and_await(way: str) -> None:
    sync, bridged = (inspect.getsource(loop).splitlines()[1:] for loop in bridges.WAYS[way])
    names = {
        "bridged_select": "select.select",
        "Selector": "selectors.DefaultSelector",
        "poll": "select.poll",
        "epoll": "select.epoll",
    }
    plain = [
        re.sub(
            r"(?<![.\w])(bridged_select|Selector|poll|epoll)\(", lambda found: names[found[1]] + "(", line.replace("await ", "")
        )
        for line in bridged
    ]
    assert plain == sync
    assert bridged != sync


def test_a_way_that_is_not_known_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bridges.main(["kqueue"])
    assert ended.value.code == 2
    assert "no such way: kqueue" in capsys.readouterr().err
