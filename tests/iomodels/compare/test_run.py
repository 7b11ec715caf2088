"""Making a comparison: its parts in turn, its end when the time is over, and what is kept when it is interrupted."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from iomodels import catalogue
from iomodels.bench.results import Point, Results, Settings
from iomodels.bench.subjects import Subject
from iomodels.compare import run
from iomodels.compare.findings import Findings
from iomodels.compare.plan import Depth, Plan, plan
from iomodels.compare.run import CONTRACT, COSTS, EXPERIMENTS, Making, compare
from iomodels.contract.case import all_cases
from iomodels.contract.runner import Verdict
from iomodels.contract.server import ServerError
from iomodels.experiments.experiment import Answer, Experiment
from iomodels.experiments.experiment import Verdict as Claim
from iomodels.experiments.lab import Lab
from iomodels.report.verdicts import Column, Verdicts
from tests.iomodels.compare.samples import answer, cell, experiment
from tests.iomodels.running import command_of

CASE = "half-close/at-once"


def small(*experiments: Experiment, seconds: float | None = None, connections: int = 2) -> Plan:
    """The contract of one case, one variant, one short round."""
    cases = [case for case in all_cases() if case.id == CASE]
    made = plan(Depth.USUAL, [catalogue.find("sockets/select")], cases, experiments, chosen=True)
    return replace(
        made, cases=cases, seconds=seconds, rounds=1, round_seconds=0.05, connections=connections, sweep=(1,), jobs=1
    )


def answers(_: Lab) -> Answer:
    return answer(Claim.HOLDS)


def interrupts(_: Lab) -> Answer:
    raise KeyboardInterrupt


def named(name: str, does: object) -> Experiment:
    return replace(experiment(name, f"The claim of {name}."), run=does)  # type: ignore[arg-type]


@pytest.mark.xdist_group("cpu")
def test_all_three_parts_are_made_of_real_servers() -> None:
    said: list[str] = []
    own = command_of("upper")
    found = compare(small(named("one", answers)), [own], said.append)
    assert {column.name: found.verdicts.totals(column.name)[Verdict.PASS] for column in found.verdicts.columns} == {
        own: 1,
        "sockets/select": 1,
    }
    assert found.results is not None
    assert {"sockets/select", own} <= set(found.results.subjects)
    assert not found.results.failed
    assert [point.connections for point in found.results.points] == [2, 1]
    assert found.times(next(each for each in found.ranking if each.subject == "sockets/select")) == 1.0
    assert [ran.record is not None for ran in found.ran] == [True]
    assert not found.unmade
    assert not found.failed
    assert list(found.seconds) == [CONTRACT, COSTS, EXPERIMENTS]
    assert {line.partition(":")[0] for line in said} == {CONTRACT, COSTS, EXPERIMENTS}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], list[int]]]:
    """What would be measured, in the place of measuring it: the subjects and the numbers of connections of each call."""
    calls: list[tuple[list[str], list[int]]] = []

    def bench(subjects: Sequence[Subject], points: Sequence[Point], **_: object) -> Results:
        calls.append(([subject.name for subject in subjects], [point.connections for point in points]))
        cells = [cell(subject.name, point, 10.0, 1) for point in points for subject in subjects]
        return Results({}, Settings(1, 0.1, 0.1, (0, 1)), cells=cells)

    monkeypatch.setattr(run, "bench", bench)
    monkeypatch.setattr(run, "ceiling", lambda: None)
    monkeypatch.setattr(Making, "check", lambda *_: None)
    return calls


def test_without_time_nothing_is_begun(measured: list[tuple[list[str], list[int]]]) -> None:
    found = compare(small(named("one", answers), seconds=0.0))
    assert measured == []
    assert found.results is None
    assert found.ran == []
    assert [each.name for each in found.unmade] == ["one"]


def test_a_contract_that_there_is_no_time_for_is_not_passed() -> None:
    found = replace(small(seconds=0.0), cases=all_cases()[:20])
    making = Making(found, nothing_yet(found), lambda _: None, began=time.monotonic() - 1)
    making.check([])
    totals = making.findings.verdicts.totals()
    assert totals[Verdict.NOT_RUN] >= 19


def nothing_yet(what: Plan) -> Findings:
    """Findings before anything is found."""
    return Findings(what, {}, Verdicts([Column(variant.name) for variant in what.checked], what.cases))


def test_with_time_there_are_rounds_and_each_begins_with_another(measured: list[tuple[list[str], list[int]]]) -> None:
    names = ["sockets/select", "sockets/poll"]
    found = compare(replace(small(), measured=[catalogue.find(name) for name in names], again=names, rounds=2))
    assert measured == [
        *((["sockets/select"], [2]), (["sockets/poll"], [2])),
        (["sockets/select"], [1]),
        *((["sockets/poll"], [2]), (["sockets/select"], [2])),
    ]
    assert found.results is not None
    assert [len(each.rounds) for each in found.ranking] == [2, 2]


def test_the_first_round_is_of_all_and_the_others_of_some(measured: list[tuple[list[str], list[int]]]) -> None:
    names = ["sockets/select", "sockets/poll", "sockets/epoll"]
    found = compare(replace(small(), measured=[catalogue.find(name) for name in names], again=names[:1], rounds=3))
    assert [subjects for subjects, points in measured if points == [2]] == [
        *(["sockets/select"], ["sockets/epoll"], ["sockets/poll"]),
        *(["sockets/select"], ["sockets/select"]),
    ]
    assert {each.subject: len(each.rounds) for each in found.ranking} == {
        "sockets/select": 3,
        "sockets/epoll": 1,
        "sockets/poll": 1,
    }
    assert found.swept == [Point(connections=1)]


def test_who_serves_fewer_is_measured_with_as_many_and_the_reference_beside_it(
    measured: list[tuple[list[str], list[int]]],
) -> None:
    names = ["sockets/blocking", "sockets/prefork", "sockets/epoll"]  # 1, 4 and any number
    what = replace(small(), measured=[catalogue.find(name) for name in names], again=["sockets/epoll"], connections=10)
    found = compare(replace(what, rounds=2, sweep=(1,)))
    assert measured == [
        (["sockets/epoll"], [10]),
        *((["sockets/epoll"], [4]), (["sockets/prefork"], [4])),
        *((["sockets/epoll"], [1]), (["sockets/blocking"], [1])),
        (["sockets/epoll"], [10]),
    ]
    assert [(each.subject, each.point.connections) for each in found.fewer] == [
        *(("sockets/epoll", 4), ("sockets/prefork", 4)),
        *(("sockets/epoll", 1), ("sockets/blocking", 1)),
    ]
    assert [each.subject for each in found.ranking] == ["sockets/epoll"]
    assert all(found.times(each) == 1.0 for each in found.fewer)
    assert found.results is not None
    assert not found.results.skipped


def test_on_whom_no_load_can_be_put_is_named_with_the_reason(measured: list[tuple[list[str], list[int]]]) -> None:
    found = compare(replace(small(), unmeasured={"asyncio+rloop/threads": "it never says FIN"}))
    assert measured
    assert found.results is not None
    assert found.results.skipped == {"asyncio+rloop/threads": "it never says FIN"}


def test_who_comes_too_late_is_named_and_the_reference_comes_first(
    measured: list[tuple[list[str], list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(Making, "tell", lambda *_: clock.append(clock.pop() + 10.0))  # what it tells of takes so long
    names = ("sockets/poll", "sockets/fork", "sockets/epoll")
    found = compare(replace(small(seconds=20.0), measured=[catalogue.find(name) for name in names]))
    assert [subjects for subjects, _ in measured] == [["sockets/epoll"], ["sockets/poll"]]
    assert found.results is not None
    assert found.results.skipped == {"sockets/fork": "there was no time for it"}


def test_an_experiment_that_would_last_too_long_is_not_begun(
    measured: list[tuple[list[str], list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def takes_eleven(_: Lab) -> Answer:
        clock[0] += 11.0
        return answer(Claim.HOLDS)

    found = compare(small(*(named(f"e{number}", takes_eleven) for number in range(5)), seconds=35.0))
    assert [ran.experiment.name for ran in found.ran] == ["e0", "e1", "e2"]
    assert [each.name for each in found.unmade] == ["e3", "e4"]
    assert len(measured) > 1


def test_what_was_found_before_an_interrupt_is_kept(measured: list[tuple[list[str], list[int]]]) -> None:
    found = compare(small(named("one", answers), named("three", answers), named("two", interrupts)))
    assert found.interrupted
    assert [ran.experiment.name for ran in found.ran] == ["one", "three"]
    assert [each.name for each in found.unmade] == ["two"]
    assert measured


def test_an_interrupted_benchmark_ends_it(monkeypatch: pytest.MonkeyPatch, measured: list[object]) -> None:
    del measured
    stopped = Results(
        {}, Settings(1, 0.1, 0.1, (0, 1)), cells=[cell("sockets/select", Point(connections=2), 9.0, 1)], interrupted=True
    )
    monkeypatch.setattr(run, "bench", lambda *_, **__: stopped)
    found = compare(small(named("one", answers)))
    assert found.interrupted
    assert [each.subject for each in found.ranking] == ["sockets/select"]
    assert found.ran == []


def test_a_command_that_starts_no_server_is_refused_before_the_work() -> None:
    with pytest.raises(ServerError, match=r"`.*nowhere\.py {port}`: it ended before it was ready"):
        compare(small(), [command_of("nowhere")])


def test_a_command_that_cannot_be_read_is_refused_before_the_work() -> None:
    with pytest.raises(ServerError, match="cannot read the command"):
        compare(small(), ["python 'yours.py"])
