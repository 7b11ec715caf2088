"""What becomes of an experiment: a record, a reason, or a failure; and that each file of `experiments/` is one."""

import dataclasses
import math
import shutil
import sys

import pytest

from iomodels.contract.server import ServerError, Unavailable
from iomodels.experiments.experiment import NEEDS, Answer, Experiment, all_experiments
from iomodels.experiments.lab import Lab
from iomodels.experiments.run import make, run
from iomodels.figures.chart import Series
from tests.iomodels.experiments.samples import ANSWER, CHART, breaks, is_absent, made_up, never_ends

LAB = Lab(quick=True)


def test_a_record_holds_what_the_experiment_says_of_itself() -> None:
    record = make(made_up("sound"), LAB).record
    assert record is not None
    assert (record.name, record.claim, record.measured, record.quick) == ("sound", "The claim of sound.", "us of CPU", True)
    assert record.answer is ANSWER
    assert record.metadata["python"]


def test_one_that_fails_or_cannot_be_made_keeps_no_other_from_it() -> None:
    made = list(run([made_up("a", breaks), made_up("b", is_absent), made_up("c")], LAB))
    assert [(each.failure, each.missing, each.record is not None) for each in made] == [
        ("ZeroDivisionError: division by zero", "", False),
        ("", "there is no such thing here", False),
        ("", "", True),
    ]


def test_each_is_made_when_it_is_asked_for() -> None:
    made = run([made_up("a"), made_up("b", never_ends)], LAB)
    assert next(made).record is not None
    with pytest.raises(KeyboardInterrupt):
        next(made)


def test_what_is_said_is_told_with_the_name() -> None:
    said: list[str] = []

    def speak(lab: Lab) -> Answer:
        lab.say("half of it")
        return ANSWER

    list(run([made_up("talks", speak)], Lab(say=said.append)))
    assert said == ["talks: half of it"]


def test_a_server_that_cannot_run_here_is_no_failure_and_one_that_does_not_start_is() -> None:
    def cannot(_: Lab) -> Answer:
        raise Unavailable("no io_uring")

    def does_not(_: Lab) -> Answer:
        raise ServerError("it ended:\n  at once")

    assert make(made_up("a", cannot), LAB).missing == "no io_uring"
    assert make(made_up("b", does_not), LAB).failure == "it ended: at once"


def test_a_figure_that_is_no_number_is_a_failure_at_once() -> None:
    chart = dataclasses.replace(CHART, series=[Series("up", [(1, math.inf)])])
    answer = dataclasses.replace(ANSWER, charts=[chart])
    assert "JSON" in make(made_up("odd", lambda _: answer), LAB).failure


def test_what_is_needed_is_looked_for_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert make(made_up("a", breaks, "strace"), LAB).missing == NEEDS["strace"]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert make(made_up("b", breaks, "linux"), LAB).missing == NEEDS["linux"]


@pytest.mark.parametrize("experiment", all_experiments(), ids=lambda experiment: experiment.name)
def test_every_file_is_an_experiment(experiment: Experiment) -> None:
    assert experiment.claim.endswith("."), "a claim is a sentence"
    assert len(experiment.claim) < 140
    assert experiment.how
    assert experiment.measured
    assert experiment.source
    assert experiment.needs <= NEEDS.keys()
    assert "_" not in experiment.name
