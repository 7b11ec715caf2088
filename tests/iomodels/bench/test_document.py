"""What is saved is what is loaded, and what cannot be loaded is told in one line."""

import json

import pytest

from iomodels.bench import document
from iomodels.bench.document import DocumentError, dump, load
from iomodels.bench.results import Point, Results
from tests.iomodels.bench.samples import results_of


def sample() -> Results:
    results = results_of({"ceiling": [5.0, 6.0], "mine": [10.0, 11.0]}, points=[Point(), Point(connections=1, rate=100.5)])
    results.cells[1].calls = {"recvfrom": 1.5, "sendto": 1.0}
    results.skipped["other"] = "it is not here"
    results.remarks.append("a remark")
    results.interrupted = True
    return results


def test_all_comes_back() -> None:
    before = load(dump(sample()))  # with numbers as short as they are written
    after = load(dump(before))
    assert before.cells[1].cost == sample().cells[1].cost
    for name, value in vars(before).items():
        if name != "cells":
            assert getattr(after, name) == value
    for one, other in zip(before.cells, after.cells, strict=True):
        assert (one.subject, one.point, one.rounds, one.calls) == (other.subject, other.point, other.rounds, other.calls)
        assert other.latency.total_count == 20_000
        assert other.latency.get_value_at_percentile(99) == one.latency.get_value_at_percentile(99)
    assert after.ratio(after.cells[1]) == before.ratio(before.cells[1])


def test_a_reader_without_us_finds_version_cost_and_ratio() -> None:
    told = json.loads(dump(sample()))
    assert told["schema_version"] == document.SCHEMA_VERSION
    assert told["cells"][1]["cpu_us_per_request"] == 10.5
    assert told["cells"][1]["ratio"] == pytest.approx((10 / 5 + 11 / 6) / 2, rel=1e-5)


def without(name: str) -> str:
    told = json.loads(dump(sample()))
    del told[name]
    return json.dumps(told)


def changed(path: str, value: object) -> str:
    """The document with another value at `path`, which is names and numbers."""
    told = place = json.loads(dump(sample()))
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "not JSON", id="empty"),
        pytest.param(dump(sample())[:500], "not JSON", id="half written"),
        pytest.param("[]", "not the JSON of a benchmark", id="a list"),
        pytest.param('{"results": []}', "without 'schema_version'", id="something else"),
        pytest.param(changed("schema_version", 0), "its schema_version is 0, and this program reads 1", id="an old one"),
        pytest.param(without("cells"), "without 'cells'", id="no cells"),
        pytest.param(without("metadata"), "not the JSON of a benchmark", id="no metadata"),
        pytest.param(changed("cells.0.rounds", []), "ceiling has no rounds", id="no rounds"),
        pytest.param(changed("cells.0.rounds.0.requests", "many"), "not the JSON of a benchmark", id="words for numbers"),
        pytest.param(changed("cells.0.rounds.0.requests", 0), "not the JSON of a benchmark", id="no requests"),
        pytest.param(changed("cells.0.rounds.0.latency", {}), "without 'p50'", id="no latency"),
        pytest.param(changed("cells.0.latency", "AAAA"), "not the JSON of a benchmark", id="no histogram"),
        pytest.param(changed("cells.0.point.colour", "red"), "not the JSON of a benchmark", id="a field too many"),
    ],
)
def test_what_is_no_benchmark_is_refused(text: str, told: str) -> None:
    with pytest.raises(DocumentError, match=told) as caught:
        load(text)
    assert "\n" not in str(caught.value)
