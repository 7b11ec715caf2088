"""What a comparison asks in how much time, and that it says what it leaves out."""

import pytest

from iomodels.catalogue import variants
from iomodels.compare import plan as plans
from iomodels.compare.plan import Depth, plan
from iomodels.contract.case import all_cases
from iomodels.experiments.experiment import all_experiments

VARIANTS, CASES, EXPERIMENTS = variants(), all_cases(), all_experiments()


def test_whom_and_what_it_names_is_there() -> None:
    names = {variant.name for variant in VARIANTS}
    assert names.issuperset((*plans.IN_THE_FIGURES, *plans.REFERENCES))
    assert {case.id for case in CASES}.issuperset(plans.TELLING)
    assert {experiment.name for experiment in EXPERIMENTS}.issuperset(plans.MUCH_HEARD)
    assert {variant.model for variant in VARIANTS}.issuperset(plans.WRITTEN_TODAY)


def test_everything_of_everything_leaves_nothing_out() -> None:
    full = plan(Depth.FULL, VARIANTS, CASES, EXPERIMENTS)
    assert {variant.name for variant in full.checked} == {variant.name for variant in VARIANTS}
    assert full.cases == CASES
    assert len(full.experiments) == len(EXPERIMENTS)
    assert full.seconds is None
    assert full.until(0.5) is None
    assert len(full.remarks) == 1
    assert full.remarks[0].startswith(f"Costs were asked of {len(full.measured)} of {len(VARIANTS)} variants")
    assert list(full.again) == [variant.name for variant in full.measured]


@pytest.mark.parametrize("depth", [Depth.QUICK, Depth.USUAL])
def test_what_a_choice_leaves_out_is_said(depth: Depth) -> None:
    chosen = plan(depth, VARIANTS, CASES, EXPERIMENTS)
    said = " ".join(chosen.remarks)
    assert f"{len(chosen.cases)} of {len(CASES)} cases" in said
    assert f"asked of {len(chosen.checked)} of {len(VARIANTS)} variants" in said
    assert f"Costs were asked of {len(chosen.measured)} of {len(VARIANTS)} variants" in said
    assert {variant.profile.same_as for variant in chosen.checked} == {None}
    assert plans.NEVER_SAYS_FIN in {variant.runtime for variant in chosen.checked}
    assert plans.NEVER_SAYS_FIN not in {variant.runtime for variant in chosen.measured}
    assert f"were of the {len(chosen.again)} that are classic" in said


@pytest.mark.parametrize("depth", list(Depth))
def test_the_cost_of_all_code_is_measured_or_it_is_said_why_not(depth: Depth) -> None:
    chosen = plan(depth, VARIANTS, CASES, EXPERIMENTS)
    own = {variant.name for variant in VARIANTS if variant.profile.same_as is None}
    assert {variant.name for variant in chosen.measured} | chosen.unmeasured.keys() == own
    assert {name.partition("/")[0] for name in chosen.unmeasured} == {plans.NEVER_SAYS_FIN}
    assert all("no FIN" in reason for reason in chosen.unmeasured.values())
    assert set(chosen.swept) < set(chosen.again)
    assert [variant.name for variant in chosen.measured][: len(chosen.again)] == list(chosen.again)


def test_there_is_time_for_what_follows_the_last_second() -> None:
    quick, usual = (plan(depth, VARIANTS, CASES, EXPERIMENTS).until(1) for depth in (Depth.QUICK, Depth.USUAL))
    assert quick is not None
    assert usual is not None
    assert quick < 90
    assert usual < 240


def test_whose_costs_are_measured_again_are_asked_first() -> None:
    usual = plan(Depth.USUAL, VARIANTS, CASES, EXPERIMENTS)
    known = set(usual.again)
    assert known < {variant.name for variant in usual.checked[: len(known) + 7]}


def test_of_those_that_the_user_chose_none_is_left_out() -> None:
    wanted = [variant for variant in VARIANTS if variant.runtime == "trio"]
    chosen = plan(Depth.QUICK, wanted, CASES, EXPERIMENTS, chosen=True)
    assert list(chosen.measured) == wanted
    assert list(chosen.again) == [variant.name for variant in wanted]
    assert {variant.name for variant in chosen.checked} == {variant.name for variant in wanted}
    assert chosen.swept == ["trio/threads"]
    assert chosen.reference == wanted[0].name
    assert not any("variants" in remark for remark in chosen.remarks)


def test_the_reference_serves_as_many_as_the_others_if_any_does() -> None:
    wanted = [variant for variant in VARIANTS if variant.name in ("trio/blocking", "trio/threads")]
    assert wanted[0].name == "trio/blocking"
    assert plan(Depth.QUICK, wanted, CASES, EXPERIMENTS, chosen=True).reference == "trio/threads"
    assert plan(Depth.QUICK, wanted[:1], CASES, EXPERIMENTS, chosen=True).reference == "trio/blocking"


def test_claims_that_are_much_heard_come_first() -> None:
    names = [experiment.name for experiment in plan(Depth.USUAL, VARIANTS, CASES, EXPERIMENTS).experiments]
    assert tuple(names[: len(plans.MUCH_HEARD)]) == plans.MUCH_HEARD
    assert names[len(plans.MUCH_HEARD) :] == sorted(names[len(plans.MUCH_HEARD) :])
